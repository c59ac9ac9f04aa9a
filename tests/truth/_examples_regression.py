"""Regression and missing values."""

from tests.truth._examples import customers, example

EXAMPLES = [
    example(
        "regression",
        {
            "target": "sales",
            "on": {"price": -2.4, "ad_spend": 0.8, "holiday": 35, "price:holiday": -3},
            "intercept": 120,
        },
        customers,
    ),
    example(
        "regression",
        {
            "target": "y",
            "on": {"price^2": 0.3, "channel[web]": 4, "channel[shop]": -6},
            "spread": "ad_spend",
            "round": 2,
        },
        customers,
    ),
    example("missing", {"column": "income"}, customers),
    example("missing", {"column": "income", "mechanism": "MAR", "by": "age"}, customers),
    example("missing", {"column": "income", "mechanism": "MNAR"}, customers),
]
