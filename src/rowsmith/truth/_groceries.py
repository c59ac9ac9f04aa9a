"""Names for items that nobody named."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from rowsmith.core.rng import stable_hash

_WORDS = """
apples apricots artichokes asparagus aubergines avocados bacon bagels baguette bananas basil batteries beans beef
beetroot bin-bags biscuits blueberries bread brie brioche broccoli brownies brussels-sprouts burgers butter buttermilk
cabbage cakes camembert candles capers carrots cashews cat-food cauliflower celery cereal cheddar cherries chestnuts
chicken chickpeas chicory chilli chives chocolate cider cinnamon cloves coconut cod coffee cola coriander corn
cornflakes cottage-cheese courgettes couscous crab crackers cranberries cream crisps croissants cucumber cumin
currants curry-paste custard dates detergent dill dog-food doughnuts duck dumplings edamame eggs feta figs
fish-fingers flapjacks flour foil garlic gherkins ginger gnocchi goat-cheese gouda grapefruit grapes gravy haddock
halloumi ham hazelnuts herring honey horseradish houmous ice-cream ice-cubes jam kale ketchup kidney-beans kippers
kiwis lamb lasagne leeks lemonade lemons lentils lettuce light-bulbs limes liquorice mackerel mangoes maple-syrup
margarine marmalade marshmallows marzipan mascarpone matches mayonnaise melon meringues milk mince mint mozzarella
muesli muffins mushrooms mussels mustard nappies napkins nectarines noodles nutmeg oatcakes oats okra olive-oil olives
onions orange-juice oranges oregano pak-choi pancakes paprika parmesan parsley parsnips peaches peanut-butter peanuts
pears peas pecans pepper peppers pesto pineapple pistachios pitta plums polenta pomegranate popcorn pork porridge
potatoes prawns pretzels prunes pumpkin quiche quinoa radishes raisins raspberries ravioli rhubarb ricotta rocket
rosemary saffron sage salami salmon salt sardines sauerkraut sausages scones sesame-seeds shallots shampoo soap
soda-water sorbet sour-cream soy-sauce spinach sponges spring-onions squash steak stock-cubes strawberries sugar
sultanas sunflower-oil swede sweetcorn sweets tea thyme tissues tofu toilet-paper tomatoes tonic toothpaste tortillas
trout tuna turkey turnips vanilla vinegar waffles walnuts washing-up-liquid watercress watermelon wraps yeast yoghurt
"""
_KINDS = """
organic large small value fresh family-pack dried frozen smoked spiced local imported premium mini mixed sliced
"""
_THINGS, _SORTS = _WORDS.split(), _KINDS.split()
MOST_NAMES = len(_THINGS) * (1 + len(_SORTS))


def names() -> Iterator[str]:
    """Names of things to buy, in an order that says nothing: plain ones first.

    >>> first = list(itertools.islice(names(), 3))
    >>> len(set(first))
    3
    """
    yield from _mixed(_THINGS)
    yield from _mixed([f"{sort} {thing}" for sort, thing in itertools.product(_SORTS, _THINGS)])


def _mixed(words: list[str]) -> list[str]:
    return [word.replace("-", " ") for word in sorted(words, key=lambda word: stable_hash("groceries", word))]
