//! What proxies tell of requests.

macro_rules! forward {
    ($($listed:tt)*) => {
        next_room! { $($listed)*
            ForwardProxySilent = "forward.proxy-silent", "Set the named header in the proxy's configuration, so that it overwrites what a client sends; examples/nginx.conf has all of them.";
            ForwardHost = "forward.host", "Sign for, and send, the service's host as its [[service]] has it, and have the proxy pass the Host header on.";
            ForwardOverride = "forward.override", "Leave the header or the parameter out, and sign the method and the path that are meant; the proxy that asks must first remove what a proxy ahead of it adds under such a name.";
            ForwardBody = "forward.body", "Send no body; or have the proxy compute its hash, with payload = \"hashed-by-proxy\" for the service; or let the service ask by POST /decide.";
            ForwardPath = "forward.path", "Send a path with neither empty nor dot segments, no escaped slash, and every escape once.";
            ForwardQuery = "forward.query", "Escape what is neither a letter, a digit nor punctuation in a query, and every #.";
            ForwardNotMapped = "forward.not-mapped", "Add a [[service.map]] for the method and the path, if the service is to answer it.";
            ForwardTagsTooLong = "forward.tags-too-long", "Shorten the session's tags, or let the service ask by POST /decide, whose answer has room for them.";
        }
    };
}
