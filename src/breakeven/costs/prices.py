"""What counts as a price: the one rule of when there is money to reckon with."""

from breakeven.costs.amounts import Amount, absent

# Of a device-hour, as `params.yaml` states it.
PRICE_KEY = "costs.price_per_device_hour"


def known_price(price: float | None, key: str) -> Amount:
    """A price that money can be reckoned with; absent, with its key, where it is none or zero.

    A price of zero says that nobody pays: money that is zero for every option would rank them as
    equal, so that there is none.
    """
    if price is None:
        return absent(f"{key} is not set")
    if price == 0:
        return absent(f"{key} is 0: nobody pays")
    return Amount(price)
