"""The ground floor: frozen values that every wire carries and every file holds. Plain data, no behaviour of its own.

Anyone may import it; it imports `errors` alone. One more value: a `msgspec.Struct` in the file of its topic, frozen and keyword-only.
"""
