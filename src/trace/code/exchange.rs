//! What a token exchange asks for.

macro_rules! exchange {
    ($($listed:tt)*) => {
        next_room! { $($listed)*
            ExchangeForm = "exchange.form", "POST the parameters as a form, in the body alone.";
            ExchangeRepeated = "exchange.repeated", "Send the parameter once; only audience may be sent several times.";
            ExchangeTooMany = "exchange.too-many-parameters", "Send the parameters of RFC 8693 alone; no honest exchange has a hundred.";
            ExchangeMissing = "exchange.missing", "Send grant_type, subject_token, subject_token_type and resource.";
            ExchangeGrantType = "exchange.grant-type", "Send grant_type=urn:ietf:params:oauth:grant-type:token-exchange; there is no other grant here.";
            ExchangeClientAuthentication = "exchange.client-authentication", "Configure the client as a public one (token_endpoint_auth_method none): the subject token alone says who asks.";
            ExchangeActor = "exchange.actor", "Leave actor_token out; exchange the token of whoever is to take on the role.";
            ExchangeScope = "exchange.scope", "Leave scope out; the role's policies say what may be done.";
            ExchangeSubjectTokenType = "exchange.subject-token-type", "Send urn:ietf:params:oauth:token-type:saml2, …:id_token (or …:jwt, the same), or …:access_token for Facebook and Amazon.";
            ExchangeRequestedTokenType = "exchange.requested-token-type", "Ask for urn:ietf:params:oauth:token-type:jwt or urn:gatehouse:params:oauth:token-type:aws-credentials.";
            ExchangeResource = "exchange.resource", "Send resource once, as in resource=arn:aws:iam::111122223333:role/Developer.";
            ExchangeAudience = "exchange.audience", "Send at most ten audiences of at most 1,000 characters.";
            ExchangeSessionName = "exchange.session-name", "Send role_session_name as STS takes RoleSessionName; with an assertion leave it out.";
            ExchangeChosenName = "exchange.chosen-name", "Leave role_session_name out where a token is asked for; set session_name in a rule of the provider if its own name for the person will not do.";
        }
    };
}
