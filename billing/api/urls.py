"""The paths of orders and top-ups below /api/v1/."""

from django.urls import path

from billing.api import connections, orders, top_ups

app_name = "orders"

urlpatterns = [
    path("orders", orders.Orders.as_view(), name="orders"),
    path("orders/<path:external_id>", orders.OneOrder.as_view(), name="order"),
    path("connections/<str:code>/events", connections.Events.as_view()),
    path("accounts/<str:ref>/top-up", top_ups.TopUpRule.as_view()),
    path("top-ups/<str:id>/paid", top_ups.Paid.as_view()),
    path("top-ups/<str:id>/refused", top_ups.Refused.as_view()),
]
