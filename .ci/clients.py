"""What an application does with a license, through an SDK from PyPI: validation, activation, heartbeat, and
everything offline. Run by .ci/clients.

    clients.py keygen_sdk|keygen_py URL ACCOUNT ADMIN_TOKEN
"""

import asyncio
import base64
import json
import os
import sys
import urllib.request

FINGERPRINT = "AA:BB:CC"


class Vendor:
    """The vendor's side, with an admin's token and no SDK."""

    def __init__(self, url, account, token):
        self.url, self.account, self.token = url, account, token

    def call(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/vnd.api+json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/v1/accounts/{self.account}{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.read()

    def make(self, kind, attributes, **relationships):
        linked = {name: {"data": {"type": type, "id": id}} for name, (type, id) in relationships.items()}
        data = {"type": kind, "attributes": attributes, "relationships": linked}
        if not linked:
            del data["relationships"]
        return json.loads(self.call("POST", f"/{kind}", {"data": data}))["data"]

    def public_keys(self):
        published = json.loads(self.call("GET", ""))["data"]["meta"]["keys"]
        return {name: base64.b64decode(key).decode() for name, key in published.items()}

    def sell(self, scheme):
        """A product, a license for two seats with heartbeats, and the code of what it is entitled to."""
        product = self.make("products", {"name": "Example"})["id"]
        policy = {"name": "Example", "scheme": scheme, "authenticationStrategy": "LICENSE", "floating": True,
                  "strict": True, "maxMachines": 2, "requireHeartbeat": True, "heartbeatBasis": "FROM_FIRST_PING"}
        policy = self.make("policies", policy, product=("products", product))["id"]
        license = self.make("licenses", {"name": scheme}, policy=("policies", policy))
        code = f"EXPORT-{product}"
        entitlement = self.make("entitlements", {"name": "Export", "code": code})
        attached = {"data": [{"type": "entitlements", "id": entitlement["id"]}]}
        self.call("POST", f"/licenses/{license['id']}/entitlements", attached)
        return product, license, code


def raises(error, action):
    try:
        action()
    except error as raised:
        return raised
    raise AssertionError(f"no {error.__name__}")


def keygen_sdk(vendor):
    import keygen

    keys = vendor.public_keys()
    for scheme, signature_scheme, public_key in [
        ("ED25519_SIGN", "ed25519", keys["ed25519"]),
        ("ECDSA_P256_SIGN", "ecdsa-p256", keys["ecdsa"]),
    ]:
        product, sold, code = vendor.sell(scheme)
        key = sold["attributes"]["key"]
        keygen.api_url, keygen.account, keygen.product = vendor.url, vendor.account, product
        keygen.license_key, keygen.public_key, keygen.signature_scheme = key, public_key, signature_scheme

        # Every answer's signature is verified on the way.
        license = raises(keygen.LicenseNotActivatedError, lambda: keygen.validate(FINGERPRINT)).license
        machine = license.activate(FINGERPRINT)
        raises(keygen.HeartbeatRequiredError, lambda: keygen.validate(FINGERPRINT))
        machine.ping()
        assert machine.heartbeat_status == keygen.HeartbeatStatus.ALIVE, machine.heartbeat_status
        license = keygen.validate(FINGERPRINT)
        assert license.last_validation.valid and license.id == sold["id"]
        assert [one.code for one in license.entitlements()] == [code]
        assert [one.fingerprint for one in license.machines()] == [FINGERPRINT]

        said = json.loads(license.verify())
        assert said["license"]["id"] == sold["id"] and said["product"]["id"] == product
        raises(keygen.LicenseKeyNotGenuineError,
               lambda: keygen.Verifier().verify_license_key(scheme, key.replace("key/", "key/A", 1)))

        file = license.checkout(ttl=3600)
        file.verify()
        assert file.decrypt(key).license.id == sold["id"]
        file = machine.checkout()
        file.verify()
        assert file.decrypt(key + FINGERPRINT).machine.fingerprint == FINGERPRINT

        machine.deactivate()
        raises(keygen.LicenseNotActivatedError, lambda: keygen.validate(FINGERPRINT))


async def keygen_py(vendor):
    import keygen_sh
    from keygen_sh.config import KeygenConfig, set_config
    from keygen_sh.errors import Error, KeygenError, LicenseNotActivated
    from keygen_sh.license import License, SchemeCode
    from keygen_sh.license_file import LicenseFile

    product, sold, code = vendor.sell("ED25519_SIGN")
    key = sold["attributes"]["key"]
    set_config(KeygenConfig(
        api_url=vendor.url, api_version="1.8", api_prefix="v1", account=vendor.account, product=product,
        license_key=key, public_key=vendor.public_keys()["ed25519"], verify_keygen_signature=True,
    ))
    try:
        await keygen_sh.validate([FINGERPRINT], [])
        raise AssertionError("it is not activated")
    except KeygenError as error:
        assert isinstance(Error.from_error(error), LicenseNotActivated), error
    machine = await License.activate_machine(sold["id"], FINGERPRINT, [])
    await machine.ping()
    license = await keygen_sh.validate([FINGERPRINT], [code])
    assert license.id == sold["id"] and license.key == key
    assert [one.fingerprint for one in await license.machines()] == [FINGERPRINT]

    assert json.loads(keygen_sh.verify(SchemeCode.Ed25519Sign, key))["license"]["id"] == sold["id"]
    certificate = vendor.call("GET", f"/licenses/{sold['id']}/actions/check-out?encrypt=1&include=entitlements").decode()
    file = LicenseFile.build_from_cert(key, certificate)
    file.verify()
    assert file.decrypt(key).license.key == key
    file = await machine.checkout(3600, ["license"])
    file.verify()
    assert file.decrypt(key + FINGERPRINT).machine.fingerprint == FINGERPRINT
    await machine.deactivate()


if __name__ == "__main__":
    sdk, *where = sys.argv[1:]
    vendor = Vendor(*where)
    if sdk == "keygen_sdk":
        keygen_sdk(vendor)
    else:
        asyncio.run(keygen_py(vendor))
    print(f"{sdk}: ok", flush=True)
    # The threads of keygen-py's runtime may outlive the interpreter, and abort the process then.
    os._exit(0)
