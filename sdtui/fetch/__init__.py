"""Getting models: a file of weights from an address the user gave, resumed, checked, and put where its kind belongs.

The only room that speaks to the network, and it does so only for an address that somebody asked for. Only the server
imports it (and tests); it imports weights, workspace, spec and errors.

    sites       the usual model sites: which address is the file itself, which is a page about it
    tokens      which host may see which token
    transport   one question over HTTP, redirects followed by hand, so that a token never follows them
    answers     what the headers of an answer say
    naming      what the file will be called
    content     what a file is by its first bytes
    judging     where it goes by that, or why it goes nowhere
    part        the half-written file beside the final one, and its SHA-256 so far
    patience    how often it is tried again
    download    carries one through: asks, resumes, tries again, checks, publishes
    hub         what a repository lists, and what of it a picture is made with
    folder      carries a whole diffusers folder through, as one download
    wish        what was asked for, how far it is, what a download is lent
    storing     what is kept of downloads from one server to the next

One more site: a row in `sites.SITES`.
"""
