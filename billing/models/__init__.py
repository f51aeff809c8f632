from billing.models.delivery import Attempt, Delivery, DeliveryTally
from billing.models.endpoint import Endpoint, EndpointHealth, EndpointSecret
from billing.models.news import News, NewsReading
from billing.models.recipient import Recipient
from billing.models.sale import GrantSale

__all__ = [
    "Attempt",
    "Delivery",
    "DeliveryTally",
    "Endpoint",
    "EndpointHealth",
    "EndpointSecret",
    "GrantSale",
    "News",
    "NewsReading",
    "Recipient",
]
