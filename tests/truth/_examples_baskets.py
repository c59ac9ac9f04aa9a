"""Association rules in baskets."""

from tests.truth._examples import example


def nothing(r, n):
    return {}


RULES = {
    "pasta brings sauce": {"if": ["pasta"], "then": ["sauce"], "support": 0.06, "confidence": 0.65},
    "pasta brings cheese": {"if": ["pasta"], "then": ["cheese"], "confidence": 0.5},
    "beer and crisps bring salsa": {"if": ["beer", "crisps"], "then": ["salsa"], "support": 0.06, "confidence": 0.6},
    "tea keeps coffee away": {"if": ["tea"], "then": ["coffee"], "support": 0.03, "confidence": 0.15, "lift": 0.5},
}

EXAMPLES = [
    example(
        "association",
        {"basket": "items", "when": ["pasta"], "then": ["sauce"], "support": 0.06, "confidence": 0.65},
        nothing,
    ),
    example("association", {"basket": "items", "when": ["cereal"], "then": ["milk", "bananas"]}, nothing),
    example("baskets", {"basket": "bought", "rules": RULES, "frequencies": {"bread": 0.3}}, nothing, 5000, 4000, 3000),
    example(
        "baskets",
        {"basket": "bought", "rules": RULES, "items": 100, "patterns": 20, "size": 8},
        nothing,
        5000,
        4000,
        3000,
    ),
]
