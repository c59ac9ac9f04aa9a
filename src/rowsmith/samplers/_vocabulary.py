"""A few English words of our own, for products, accounts and web addresses."""


def words(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


ADJECTIVES = words(
    """able agile airy amber ample bold brave breezy bright brisk calm candid careful cheerful classic clean clear clever
    compact cosy crisp curious daring deep eager early easy elegant fair fancy fast fine firm fleet fond frank fresh
    friendly gentle glad golden grand handy happy hardy honest humble icy jolly keen kind late lean light lively lofty
    loyal lucky mellow merry mighty mild modern modest neat nimble noble northern novel patient plain pleasant polite
    prime proud pure quick quiet rapid rare ready refined royal rustic sharp shiny silent silver simple sleek slim small
    smart smooth snug soft solid sound southern spare speedy steady stout sturdy subtle sunny super sweet swift tall tidy
    tough trim trusty vivid warm wide wild wise witty young"""
)
MATERIALS = words(
    """acrylic aluminium bamboo beech brass bronze canvas carbon cashmere ceramic clay concrete copper cork cotton denim
    felt flax glass granite hemp iron jute leather linen maple marble mohair nylon oak paper pine plaster porcelain
    rattan rubber satin silk slate steel stone suede teak titanium tweed velvet walnut wax wicker wool zinc"""
)
PRODUCTS = words(
    """apron backpack bag ball basket bell belt bench blanket board book bookend bottle bowl box bracelet broom brush
    bucket cabinet candle cap case chair chest clock coaster coat comb cup curtain cushion desk dish drawer fan fork
    frame funnel glove grill hammer hanger hat helmet hook jacket jar jug kettle keyboard knife ladder ladle lamp lantern
    mat mirror mug napkin notebook pan pen pillow pitcher plate platter pot pouch rack rug ruler sandal scarf scoop
    shelf shoe shovel sofa spoon stand stool stove table tablet tent tie torch towel tray trowel trunk umbrella vase
    wallet watch wheel whisk wrench"""
)
NOUNS = words(
    """acorn anchor antler apple arrow aspen atlas badger bamboo basil bay beacon bear beaver berry birch bison bloom
    brook buffalo canyon cedar cherry cliff cloud clover comet condor coral cove crane creek crow curlew dale dawn deer
    delta dove dune eagle elk elm ember falcon fern finch fir fjord flint forest fox frost galaxy garden gecko geyser
    glacier glen grove gull harbor hare harvest hawk hazel heron hill horizon ibis iris island ivy jay juniper kestrel
    kite koala lagoon lake lark lemur lily linden lion lotus lynx magpie maple marten meadow mesa meteor mint moon moose
    moss mountain myrtle newt oak oasis ocean olive orca orchid osprey otter owl panda peak pebble pelican pepper pine
    planet plover pond poplar poppy prairie puffin quail quartz rabbit rain raven reed reef ridge river robin sage salmon
    seal shore sky snow sparrow spring spruce star stone stork storm stream summit sun swan thistle thrush thunder tide
    tiger trail tulip tundra turtle valley violet walnut walrus wave whale willow wind wolf wren yak zebra"""
)
