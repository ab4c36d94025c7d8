"""The rule of the RFM example once more, written with pandas from its description alone: no code of the product is used here.

Weights and borders are read from the published example; what they mean is worked out anew.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

FILES = Path(__file__).resolve().parents[1] / "data" / "cdnow"
CUSTOMERS, ORDERS = FILES / "customers.csv.gz", FILES / "orders.csv.gz"
DEFINITIONS = FILES.parents[2] / "templates_library" / "rfm_example" / "definitions"
MODEL = json.loads((DEFINITIONS / "tier_model_rfm.json").read_text(encoding="utf-8"))
AS_OF = pd.Timestamp(MODEL["as_of"])
BANDS = 5
WEIGHTS = {each["key"]: each["weight"] for each in MODEL["dimensions"]}
BORDERS = sorted(((each["from"], each["key"]) for each in MODEL["tiers"]), reverse=True)


def facts() -> pd.DataFrame:
    """One row a customer: days since the last order, number of orders, sum of the amounts in cents."""
    customers = pd.read_csv(CUSTOMERS, dtype=str)
    orders = pd.read_csv(ORDERS, dtype=str)
    orders["day"] = pd.to_datetime(orders["order_date"], format="%Y-%m-%d")
    orders["cents"] = (orders["amount"].astype(float) * 100).round().astype("int64")
    orders = orders[orders["day"] <= AS_OF]
    by_customer = orders.groupby("customer_id").agg(last=("day", "max"), frequency=("order_id", "size"), monetary=("cents", "sum"))
    found = customers.set_index("customer_id").join(by_customer)
    found["recency"] = (AS_OF - found["last"]).dt.days
    return found


def bands(values: pd.Series, lower_is_better: bool = False) -> pd.Series:
    """Cut k is the least value that at least k/5 of the population are strictly worse than; the band is one more than the cuts reached."""
    worth = -values if lower_is_better else values
    worse = worth.rank(method="min") - 1  # how many are strictly worse
    band = pd.Series(1, index=values.index)
    for k in range(1, BANDS):
        enough = worth[worse * BANDS >= k * len(worth)]
        if len(enough):
            band += (worth >= enough.min()).astype(int)
    return band


def rated() -> pd.DataFrame:
    """Bands, score and tier of every customer, by customer number."""
    known = facts()
    found = pd.DataFrame(
        {
            "recency": bands(known["recency"], lower_is_better=True),
            "frequency": bands(known["frequency"]),
            "monetary": bands(known["monetary"]),
        }
    )
    total = sum(WEIGHTS.values())
    found["score"] = sum(100 * weight * (found[key] - 1) / ((BANDS - 1) * total) for key, weight in WEIGHTS.items())
    found["tier"] = found["score"].map(lambda score: next(tier for border, tier in BORDERS if score >= border))
    return found
