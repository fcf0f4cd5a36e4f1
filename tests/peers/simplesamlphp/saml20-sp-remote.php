<?php
// Every gateway by its own metadata: $WORK/gateways/NAME.xml. NAME.json beside it, if it is there, says what this gateway
// is sent, in SimpleSAMLphp's own words. Both are read at each request.
$people = [
    'NameIDFormat' => 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
    'simplesaml.nameidattribute' => 'mail',
    'validate.authnrequest' => true,
    'validate.logout' => true,
    'sign.logout' => true,
];
foreach (glob(getenv('WORK') . '/gateways/*.xml') as $file) {
    $settings = substr($file, 0, -3) . 'json';
    $settings = is_file($settings) ? json_decode(file_get_contents($settings), true, 8, JSON_THROW_ON_ERROR) : [];
    foreach (SimpleSAML\Metadata\SAMLParser::parseDescriptorsFile($file) as $entity => $described) {
        $described = $described->getMetadata20SP();
        unset($described['entityDescriptor']);
        $metadata[$entity] = $settings + $people + $described;
    }
}
