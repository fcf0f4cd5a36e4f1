# Writes LemonLDAP::NG's configuration: $WORK/lemonldap-ng.ini and $WORK/conf/lmConf-1.json. Every gateway is registered
# by its own metadata, $WORK/gateways/NAME.xml; NAME.json beside it, if it is there, says how it is treated, in the words
# of the portal's manager without samlSPMetaDataOptions in front. Every OpenID Connect relying party is registered by its
# name in $WORK/parties.json, which is its client id too, with options in the same words, without oidcRPMetaDataOptions.
use strict;
use warnings;
use JSON;

my ( $work, $base ) = @ENV{qw(WORK BASE_URL)};

sub text {
    my ($file) = @_;
    open my $in, '<:encoding(UTF-8)', $file or die "$file: $!";
    local $/;
    return <$in>;
}

sub write_to {
    my ( $file, $text ) = @_;
    open my $out, '>:encoding(UTF-8)', $file or die "$file: $!";
    print {$out} $text;
    close $out or die "$file: $!";
}

sub files { return { Directory => "$work/$_[0]", LockDirectory => "$work/$_[0]/lock" } }

my $basic = 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic';
my ( %metadata, %attributes, %options );
for my $file ( glob "$work/gateways/*.xml" ) {
    my ($name) = $file =~ m{([^/]+)\.xml$};
    my $given = -e "$work/gateways/$name.json" ? from_json( text("$work/gateways/$name.json") ) : {};
    $metadata{$name} = { samlSPMetaDataXML => text($file) };
    # required; name; format
    $attributes{$name} = { map { $_ => "1;$_;$basic" } qw(uid mail groups) };
    my %set = (
        NameIDFormat             => 'email',
        SignSSOMessage           => 1,
        CheckSSOMessageSignature => 1,
        SignSLOMessage           => 1,
        CheckSLOMessageSignature => 1,
        EnableIDPInitiatedURL    => 1,
        EncryptionMode           => 'none',
        %$given,
    );
    $options{$name} = { map { ( "samlSPMetaDataOptions$_" => $set{$_} ) } keys %set };
}

my ( %party, %claims, %scopes );
my $parties = -e "$work/parties.json" ? from_json( text("$work/parties.json") ) : {};
for my $name ( keys %$parties ) {
    my %set = (
        ClientID           => $name,
        ClientSecret       => 'gateway-secret',
        IDTokenSignAlg     => 'RS256',
        IDTokenForceClaims => 1,                  # in the ID token, not only at the userinfo endpoint
        RequirePKCE        => 1,
        BypassConsent      => 1,
        %{ $parties->{$name} },
    );
    $party{$name}  = { map { ( "oidcRPMetaDataOptions$_" => $set{$_} ) } keys %set };
    # attribute; type; a list even of one
    $claims{$name} = { name => 'cn', email => 'mail', groups => 'groups;string;always' };
    $scopes{$name} = { groups => 'groups' };
}

write_to( "$work/conf/lmConf-1.json", to_json( {
    cfgNum    => 1,
    cfgAuthor => 'tests',
    cfgDate   => time,
    key       => text("$work/keys/idp.crt"),    # guards nothing here: it lives as long as a test

    portal              => "$base/",
    domain              => $base =~ m{^https?://([^:/]+)} && $1,
    https               => 1,                   # TLS ends before it
    cookieName          => 'lemonldap',
    securedCookie       => 1,
    sameSite            => 'None',              # as the portal has it where it speaks SAML
    authentication      => 'Demo',
    userDB              => 'Same',
    passwordDB          => 'Demo',
    demoExportedVars    => { uid => 'uid', cn => 'cn', mail => 'mail' },
    whatToTrace         => '$uid',
    portalCheckLogins   => 0,
    loginHistoryEnabled => 0,
    locationRules       => {},
    exportedHeaders     => {},
    requireToken        => 0,
    captcha             => '::Main::Plugin',    # a plugin that does nothing; the real one loads ImageMagick

    globalStorage              => 'Apache::Session::File',
    globalStorageOptions       => files('sessions'),
    persistentStorage          => 'Apache::Session::File',
    persistentStorageOptions   => files('persistent'),
    samlStorage                => 'Apache::Session::File',
    samlStorageOptions         => files('saml'),
    localSessionStorage        => 'Cache::FileCache',
    localSessionStorageOptions => { namespace => 'sessions', cache_root => "$work/cache", cache_depth => 3 },

    issuerDBSAMLActivation              => 1,
    samlServicePrivateKeySig            => text("$work/keys/idp.pem"),
    samlServicePublicKeySig             => text("$work/keys/idp.crt"),
    samlServiceUseCertificateInResponse => 1,
    samlServiceSignatureMethod          => 'RSA_SHA256',
    samlSPMetaDataXML                   => \%metadata,
    samlSPMetaDataExportedAttributes    => \%attributes,
    samlSPMetaDataOptions               => \%options,

    issuerDBOpenIDConnectActivation  => 1,
    oidcServicePrivateKeySig         => text("$work/keys/idp.pem"),
    oidcServicePublicKeySig          => text("$work/keys/idp.crt"),
    oidcServiceKeyIdSig              => 'idp',
    oidcRPMetaDataOptions            => \%party,
    oidcRPMetaDataExportedVars       => \%claims,
    oidcRPMetaDataOptionsExtraClaims => \%scopes,
}, { pretty => 1, canonical => 1 } ) );

write_to( "$work/lemonldap-ng.ini", <<"INI" );
[all]
logLevel = debug
logger = Lemonldap::NG::Common::Logger::Std
userLogger = Lemonldap::NG::Common::Logger::Std

[configuration]
type = File
dirName = $work/conf
localStorage = Cache::FileCache
localStorageOptions = { 'namespace' => 'configuration', 'cache_root' => '$work/cache', 'cache_depth' => 3 }

[portal]
staticPrefix = /static
templateDir = /usr/share/lemonldap-ng/portal/templates
languages = en
INI
