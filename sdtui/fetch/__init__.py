"""Getting models: a file of weights from an address the user gave, resumed, checked, and put where its kind belongs.

The only room that speaks to the network, and it does so only for an address that somebody asked for. Only the server and
the command line import it; it imports weights, workspace, spec and errors. `sites` knows the usual model sites,
`transport` asks over HTTP, `download` carries one through, `shelving` says in which folder a kind lies.
One more site: a row in `sites.SITES`.
"""
