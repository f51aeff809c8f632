from billing.admin.accounts import AccountDesk
from billing.admin.advice import AdviceDesk
from billing.admin.connections import ConnectionDesk
from billing.admin.costs import CostRateDesk
from billing.admin.credit_notes import CreditNoteDesk
from billing.admin.deliveries import DeliveryDesk
from billing.admin.digests import DigestDesk
from billing.admin.endpoints import EndpointDesk
from billing.admin.gaps import GapDesk
from billing.admin.hand_acts import ActRuleDesk, HandActDesk
from billing.admin.inbox import InboxDesk
from billing.admin.invoices import InvoiceDesk
from billing.admin.news import NewsDesk
from billing.admin.offers import OfferDesk
from billing.admin.orders import OrderDesk
from billing.admin.overage_rates import OverageRateDesk
from billing.admin.people import GroupDesk, PersonDesk
from billing.admin.promotions import DiscountRuleDesk, PromotionDesk
from billing.admin.quotations import QuotationDesk
from billing.admin.rate_tables import RateTableDesk
from billing.admin.recipients import RecipientDesk
from billing.admin.reconciliations import ReconciliationDesk
from billing.admin.rehearsals import RehearsalDesk
from billing.admin.revenue import AccountingPeriodDesk, GrantRevenueDesk, JournalAccountDesk, RevenueDesk
from billing.admin.reviews import RefusalDesk, ReviewDesk, ReviewRuleDesk
from billing.admin.running import AuditRunDesk, RunDesk
from billing.admin.sellers import SellerDesk
from billing.admin.shared_policies import SharedPolicyDesk
from billing.admin.top_ups import TopUpDesk
from billing.admin.trial_offers import SellerAllowanceDesk, TrialOfferDesk
from billing.admin.trial_requests import TrialRequestDesk
from billing.admin.trials import TrialDesk
from billing.admin.usage_links import UsageLinkDesk
from billing.admin.usage_page import UsageDesk
from billing.admin.versions import VersionDesk

__all__ = [
    "AccountDesk",
    "AccountingPeriodDesk",
    "ActRuleDesk",
    "AdviceDesk",
    "AuditRunDesk",
    "ConnectionDesk",
    "CostRateDesk",
    "CreditNoteDesk",
    "DeliveryDesk",
    "DigestDesk",
    "DiscountRuleDesk",
    "EndpointDesk",
    "GapDesk",
    "GrantRevenueDesk",
    "GroupDesk",
    "HandActDesk",
    "JournalAccountDesk",
    "InboxDesk",
    "InvoiceDesk",
    "NewsDesk",
    "OfferDesk",
    "OrderDesk",
    "OverageRateDesk",
    "PersonDesk",
    "PromotionDesk",
    "QuotationDesk",
    "RateTableDesk",
    "RecipientDesk",
    "ReconciliationDesk",
    "RefusalDesk",
    "RevenueDesk",
    "ReviewDesk",
    "ReviewRuleDesk",
    "RehearsalDesk",
    "RunDesk",
    "SellerDesk",
    "SellerAllowanceDesk",
    "SharedPolicyDesk",
    "TrialDesk",
    "TrialOfferDesk",
    "TrialRequestDesk",
    "TopUpDesk",
    "UsageDesk",
    "UsageLinkDesk",
    "VersionDesk",
]
