//! Who asks too much.

macro_rules! limits {
    ($($listed:tt)*) => {
        next_room! { $($listed)*
            LimitsSource = "limits.source", "Send fewer requests from this address, or raise limits.rate_per_source; if many share it behind a proxy of yours, name the proxy in server.trusted_proxies.";
            LimitsPrincipal = "limits.principal", "Ask less often and keep credentials until they end, or raise limits.rate_per_principal.";
            LimitsFailures = "limits.failures", "Look at the other refusals from this address and mend what sends them; assertions and tokens that hold are not refused for them.";
        }
    };
}
