<?php
$both = ['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect', 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'];
$metadata[getenv('BASE_URL') . '/saml2/idp/metadata.php'] = [
    'host' => '__DEFAULT__',
    'auth' => 'people',
    'privatekey' => 'idp.pem',
    'certificate' => 'idp.crt',
    'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    'SingleSignOnServiceBinding' => $both,
    'SingleLogoutServiceBinding' => $both,
    'attributes.NameFormat' => 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri',
];
