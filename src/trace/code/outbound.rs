//! Fetching from a provider.

macro_rules! outbound {
    ($($listed:tt)*) => {
        next_room! { $($listed)*
            OutboundAuthority = "outbound.authority", "Give the provider's ca as PEM certificates.";
            OutboundClient = "outbound.client", "Install the system's CA certificates, or give the provider a ca.";
            OutboundUrl = "outbound.url", "Write a URL with a host and without user name and fragment.";
            OutboundBearer = "outbound.bearer", "Send the access token as the provider issued it.";
            OutboundScheme = "outbound.scheme", "Use https; http is for loopback hosts only.";
            OutboundRefusedAddress = "outbound.refused-address", "List the host's network in the provider's allowed_networks, if it is meant to lead to a private, loopback or link-local address.";
            OutboundUnlistedHost = "outbound.unlisted-host", "List the host in hosts under [outbound], if the provider's documents may name it: the configuration does not.";
            OutboundTimeLimit = "outbound.time-limit", "Find out why the provider takes longer than the time limit to answer.";
            OutboundUnreachable = "outbound.unreachable", "Check the provider's name, network path and TLS certificate from this machine.";
            OutboundServerError = "outbound.server-error", "Try again later, or ask the provider's operators: it is failing.";
            OutboundRedirect = "outbound.redirect", "Name the address that the redirect leads to; redirects are not followed.";
            OutboundEncoding = "outbound.encoding", "Have the provider answer plainly or in gzip.";
            OutboundTooLarge = "outbound.too-large", "Have the provider answer with less than one mebibyte.";
        }
    };
}
