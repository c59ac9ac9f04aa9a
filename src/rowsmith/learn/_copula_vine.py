class Vine:
    pass
