"""The paths of orders below /api/v1/."""

from django.urls import path

from billing.api import orders

app_name = "orders"

urlpatterns = [
    path("orders", orders.Orders.as_view(), name="orders"),
    path("orders/<path:external_id>", orders.OneOrder.as_view(), name="order"),
]
