"""Orders to delivery, and what each of them changes on this side."""

from datetime import datetime

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.campaigns.rules import advance
from ardoise.authority.collection.rules import keep_window
from ardoise.authority.delivery_calls import DeliveryCalls
from ardoise.clock import milliseconds
from ardoise.contract import orders
from ardoise.seal.randomness import Source, reference, system


def open_window(
    campaign: Campaign, calls: DeliveryCalls, *, source: Source = system
) -> orders.OrderDone:
    """Open the window now, whatever the kit said. Raises DeliveryRefusal, DeliveryUnreachable."""
    return _send(campaign, calls, orders.Open(reference(source), campaign.pk))


def close_window(
    campaign: Campaign, calls: DeliveryCalls, *, source: Source = system
) -> orders.OrderDone:
    """Close the window now: what comes later is kept as a stray."""
    return _send(campaign, calls, orders.Close(reference(source), campaign.pk))


def extend_window(
    campaign: Campaign, closes_at: datetime, calls: DeliveryCalls, *, source: Source = system
) -> orders.OrderDone:
    """Move the window's end. Raises ValueError for a naive time."""
    order = orders.Extend(reference(source), campaign.pk, milliseconds(closes_at))
    return _send(campaign, calls, order)


def grant_time(
    campaign: Campaign,
    number: str,
    seconds: int,
    calls: DeliveryCalls,
    *,
    source: Source = system,
) -> orders.OrderDone:
    """More working time (1 to 36,000 s) for one seat, in the parts that it has open."""
    order = orders.GrantTime(reference(source), campaign.pk, number, seconds)
    return _send(campaign, calls, order)


def _send(campaign: Campaign, calls: DeliveryCalls, order: orders.Order) -> orders.OrderDone:
    done = calls.send_order(order)
    campaign.refresh_from_db()
    keep_window(campaign, done.opens_ms, done.closes_ms)
    if campaign.state == Campaign.State.ENROLLED and done.state == "open":
        advance(campaign, Campaign.State.OPEN)
    return done
