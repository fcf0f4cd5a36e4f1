// The two logins as scenarios for drive.mjs. From a shell, with a gateway and a provider running:
//
//   node tests/browser/scenarios.mjs saml https://gate.test:7443/saml/login/ssp student | node tests/browser/drive.mjs
//   node tests/browser/scenarios.mjs oidc https://gate.test:7443/oidc/login/op alice | node tests/browser/drive.mjs

const hosts = { 'gate.test': '127.0.0.1' };

/** SimpleSAMLphp asks for name and password, and then posts the answer to the gateway by a script. */
export const saml = (start, person) => ({
  hosts,
  steps: [
    { do: 'goto', url: start },
    { do: 'fill', name: 'username', value: person },
    { do: 'fill', name: 'password', value: `${person}pass` },
    { do: 'click', selector: '#submit_button' },
    { do: 'waitForURL', prefix: new URL(start).origin },
    { do: 'readCookies', url: new URL(start).origin },
  ],
});

/** oidc-provider asks for a login, then for consent. */
export const oidc = (start, person) => ({
  hosts,
  steps: [
    { do: 'goto', url: start },
    { do: 'fill', name: 'login', value: person },
    { do: 'fill', name: 'password', value: 'any' },
    { do: 'submit' },
    { do: 'expectText', text: 'Authorize' },
    { do: 'submit' },
    { do: 'waitForURL', prefix: new URL(start).origin },
    { do: 'readCookies', url: new URL(start).origin },
  ],
});

const [kind, start, person] = process.argv.slice(2);
const builder = { saml, oidc }[kind];
if (!builder || !start || !person) throw new Error('usage: scenarios.mjs saml|oidc START PERSON');
console.log(JSON.stringify(builder(start, person)));
