<?php
$work = getenv('WORK');
$config = [
    'baseurlpath' => getenv('BASE_URL') . '/',
    'certdir' => "$work/cert/",
    'loggingdir' => "$work/log/",
    'datadir' => "$work/data/",
    'tempdir' => "$work/tmp",
    'metadatadir' => "$work/metadata/",
    'metadata.sources' => [['type' => 'flatfile']],

    'enable.saml20-idp' => true,
    'enable.http_post' => true,
    'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true],
    'authproc.idp' => [],

    'store.type' => 'phpsession',
    'session.cookie.name' => 'IdpSession',
    'session.cookie.secure' => false,
    'session.cookie.samesite' => null,
    'session.phpsession.cookiename' => 'IdpPhpSession',
    'session.phpsession.httponly' => true,
    'session.authtoken.cookiename' => 'IdpAuthToken',

    'logging.handler' => 'file',
    'logging.logfile' => 'simplesamlphp.log',
    'logging.level' => SimpleSAML\Logger::NOTICE,
    'showerrors' => true,
    'errorreporting' => false,
    'debug' => ['saml' => false, 'backtraces' => true, 'validatexml' => false],

    // Both are of no use to anybody: the provider lives as long as a test, and nobody administers it.
    'secretsalt' => hash_file('sha256', "$work/cert/idp.pem"),
    'auth.adminpassword' => bin2hex(random_bytes(16)),

    'timezone' => 'UTC',
    'language.available' => ['en'],
    'language.default' => 'en',
    'theme.use' => 'default',
];
