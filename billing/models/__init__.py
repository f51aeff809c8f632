from billing.models.delivery import Attempt, Delivery, DeliveryTally
from billing.models.endpoint import Endpoint, EndpointHealth, EndpointSecret
from billing.models.news import News, NewsReading
from billing.models.recipient import Recipient

__all__ = [
    "Attempt",
    "Delivery",
    "DeliveryTally",
    "Endpoint",
    "EndpointHealth",
    "EndpointSecret",
    "News",
    "NewsReading",
    "Recipient",
]
