from billing.models.delivery import Attempt, Delivery, DeliveryTally
from billing.models.endpoint import Endpoint, EndpointHealth, EndpointSecret
from billing.models.news import News, NewsReading
from billing.models.offer import Offer
from billing.models.offer_parts import OfferAccess, OfferAllowance, OfferSeats, OfferTokens
from billing.models.order import Order, OrderAnswer, OrderLine, OrderVersion
from billing.models.order_effects import OrderClock, OrderGrant, OrderPeriod, Portion, PushedTerm
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
    "Offer",
    "OfferAccess",
    "OfferAllowance",
    "OfferSeats",
    "OfferTokens",
    "Order",
    "OrderAnswer",
    "OrderClock",
    "OrderGrant",
    "OrderLine",
    "OrderPeriod",
    "OrderVersion",
    "Portion",
    "PushedTerm",
    "Recipient",
]
