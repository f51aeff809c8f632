from billing.models.act import ActKind, ActRule, HandAct
from billing.models.advice import Advice
from billing.models.alert import Alert, AlertCrossing
from billing.models.burn_hour import BurnHour
from billing.models.buyer import Buyer
from billing.models.buyer_access import AccessLink, BuyerSession, SignInAsked, SignInToken
from billing.models.comparison import (
    AcceptedAbsence,
    ComparedDay,
    ComparedRecord,
    ComparisonTurn,
    GapResend,
    PeriodAnswer,
)
from billing.models.connection import Connection, ConnectionHealth, ConnectionSecret, FieldRule, Link
from billing.models.contact import BuyerRule, Contact
from billing.models.credit_note import CreditedOverage, CreditLine, CreditNote
from billing.models.delivery import Attempt, Delivery, DeliveryTally
from billing.models.digest import DigestChoice, DigestMail
from billing.models.discount_rule import DiscountRule
from billing.models.endpoint import Endpoint, EndpointHealth, EndpointSecret
from billing.models.external_sale import ExternalRefund, ExternalSale, RefundChange
from billing.models.figures import FigureLook, FigureReading
from billing.models.inbox import InboxItem, InboxNote
from billing.models.invoice import Invoice, InvoicedOverage, InvoiceLine
from billing.models.journal import JournalAccount
from billing.models.news import News, NewsReading
from billing.models.offer import Offer
from billing.models.offer_parts import OfferAccess, OfferAllowance, OfferSeats, OfferTokens
from billing.models.order import Order, OrderAnswer, OrderLine, OrderName, OrderVersion
from billing.models.order_charge import (
    AccountBilling,
    BilledMonth,
    CreditedCharge,
    InvoicedCharge,
    OrderCharge,
)
from billing.models.order_effects import OrderClock, OrderGrant, OrderPeriod, Portion, PushedTerm
from billing.models.order_trial import OrderTrial
from billing.models.outgoing import Outgoing, OutgoingTry
from billing.models.overage_rate import OverageRate
from billing.models.period import AccountingPeriod, PeriodFigure
from billing.models.promotion import Promotion, PromotionUse
from billing.models.quotation import Quotation, QuotationYear
from billing.models.quotation_facts import QuotationAnswer, QuotationDecision, QuotationLine
from billing.models.received import BodyRemoval, Handling, Received, ReceivedBody
from billing.models.recipient import Recipient
from billing.models.reconciliation import Gap, GapNote, ReconciledDay, ReconciledSum, Reconciliation
from billing.models.resync import Resync
from billing.models.revenue import GrantMonth, GrantRevenue, LedgerReading, RevenueMonth, UnpaidMonth
from billing.models.sale import GrantRepricing, GrantSale
from billing.models.seller import Seller
from billing.models.sync import ExchangeTally, SyncCursor, SyncRun
from billing.models.top_up import TopUp, TopUpRule
from billing.models.trial import Trial
from billing.models.trial_offer import TrialOffer
from billing.models.trial_request import TrialRequest
from billing.models.trial_seller import SellerAllowance, TrialSeller

__all__ = [
    "AccessLink",
    "Alert",
    "AlertCrossing",
    "BuyerRule",
    "BuyerSession",
    "Contact",
    "SignInAsked",
    "SignInToken",
    "Connection",
    "ConnectionHealth",
    "ConnectionSecret",
    "ExternalRefund",
    "ExternalSale",
    "RefundChange",
    "FieldRule",
    "Link",
    "Outgoing",
    "OutgoingTry",
    "Handling",
    "Received",
    "ReceivedBody",
    "ExchangeTally",
    "FigureLook",
    "FigureReading",
    "AcceptedAbsence",
    "ComparedDay",
    "ComparedRecord",
    "ComparisonTurn",
    "GapResend",
    "PeriodAnswer",
    "SyncCursor",
    "SyncRun",
    "TrialSeller",
    "AccountBilling",
    "AccountingPeriod",
    "ActKind",
    "ActRule",
    "Attempt",
    "BilledMonth",
    "BodyRemoval",
    "Buyer",
    "CreditLine",
    "CreditNote",
    "CreditedCharge",
    "CreditedOverage",
    "Delivery",
    "DeliveryTally",
    "DiscountRule",
    "Endpoint",
    "EndpointHealth",
    "EndpointSecret",
    "Gap",
    "GapNote",
    "GrantMonth",
    "GrantRepricing",
    "GrantRevenue",
    "GrantSale",
    "HandAct",
    "JournalAccount",
    "Advice",
    "BurnHour",
    "DigestChoice",
    "DigestMail",
    "InboxItem",
    "InboxNote",
    "LedgerReading",
    "Invoice",
    "InvoiceLine",
    "InvoicedCharge",
    "InvoicedOverage",
    "News",
    "NewsReading",
    "Offer",
    "OfferAccess",
    "OfferAllowance",
    "OfferSeats",
    "OfferTokens",
    "Order",
    "OrderAnswer",
    "OrderCharge",
    "OrderClock",
    "OrderGrant",
    "OrderLine",
    "OrderName",
    "OrderPeriod",
    "OrderTrial",
    "OrderVersion",
    "Portion",
    "Promotion",
    "PromotionUse",
    "PushedTerm",
    "PeriodFigure",
    "OverageRate",
    "Quotation",
    "QuotationAnswer",
    "QuotationDecision",
    "QuotationLine",
    "QuotationYear",
    "Recipient",
    "ReconciledDay",
    "ReconciledSum",
    "Reconciliation",
    "Resync",
    "RevenueMonth",
    "UnpaidMonth",
    "Seller",
    "SellerAllowance",
    "Trial",
    "TrialOffer",
    "TrialRequest",
    "TopUp",
    "TopUpRule",
]
