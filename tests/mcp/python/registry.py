"""The table of features: what a client is asked to do, in which era and by which way."""
ERAS = ("2025-11-25", "2026-07-28")
ROUTES = ("http", "stdio")
features = {}  # name -> {era: (check, routes)}


def feature(name, routes=ROUTES, eras=ERAS):
    """Registers a check, `async def _(peer)`, for these eras; another may have the same name for another era."""
    def add(check):
        for era in eras:
            assert era not in features.setdefault(name, {}), (name, era)
            features[name][era] = (check, routes)
        return check
    return add


def same(a, b):
    assert a == b, "%r is not %r" % (a, b)
