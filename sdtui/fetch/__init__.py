"""Getting models: a file of weights from an address the user gave, resumed, checked, and put where its kind belongs.

The only room that speaks to the network, and it does so only for an address that somebody asked for. Only the server
imports it (and tests); it imports weights, workspace, spec and errors.

    sites       the usual model sites: which address is the file itself, which is a page about it
    tokens      which host may see which token
    transport   one question over HTTP, redirects followed by hand, so that a token never follows them
    naming      what the file will be called
    content     what a file is by its first bytes
    part        the half-written file beside the final one, and its SHA-256 so far
    download    carries one through: asks, resumes, tries again, checks, publishes
    storing     what is kept of downloads from one server to the next

One more site: a row in `sites.SITES`.
"""
