<?php
// One entry for each way of signing that the environment names an entity id for.
$signing = [
    'SP_SIGNED_ASSERTION' => ['saml20.sign.assertion' => true, 'saml20.sign.response' => false],
    'SP_SIGNED_RESPONSE' => ['saml20.sign.assertion' => false, 'saml20.sign.response' => true],
    'SP_SIGNED_BOTH' => ['saml20.sign.assertion' => true, 'saml20.sign.response' => true],
];
$services = [];
foreach (explode(' ', getenv('ACS_URLS')) as $index => $url) {
    $services[] = [
        'Binding' => 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST',
        'Location' => $url,
        'index' => $index,
        'isDefault' => $index === 0,
    ];
}
foreach ($signing as $variable => $signed) {
    if ($entity = getenv($variable)) {
        $metadata[$entity] = $signed + [
            'AssertionConsumerService' => $services,
            'NameIDFormat' => 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
            'simplesaml.nameidattribute' => 'mail',
            'validate.authnrequest' => false,
        ];
    }
}
