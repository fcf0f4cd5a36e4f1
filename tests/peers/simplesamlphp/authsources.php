<?php
// Three people. `name:password` as the login form takes them.
$aws = 'https://aws.amazon.com/SAML/Attributes/';
$role = fn($account, $name) => "arn:aws:iam::$account:role/$name,arn:aws:iam::$account:saml-provider/ssp";
$person = fn($uid, $affiliation, $roles, $seconds) => [
    'uid' => [$uid],
    'mail' => ["$uid@example.org"],
    'displayName' => [ucfirst($uid) . ' of Example'],
    'eduPersonAffiliation' => $affiliation,
    $aws . 'Role' => $roles,
    $aws . 'RoleSessionName' => ["$uid@example.org"],
    $aws . 'SessionDuration' => [$seconds],
];
$config = [
    'people' => [
        'exampleauth:UserPass',
        'student:studentpass' => $person('student', ['member', 'student'], [$role('111111111111', 'Student')], '3600'),
        'employee:employeepass' => $person('employee', ['member', 'employee'], [
            $role('111111111111', 'Admin'),
            $role('111111111111', 'ReadOnly'),
        ], '7200'),
        'global:globalpass' => $person('global', ['member', 'staff'], [
            $role('111111111111', 'ReadOnly'),
            $role('222222222222', 'Admin'),
            $role('333333333333', 'Auditor'),
        ], '3600'),
    ],
];
