"""A program that makes DPoP proofs, for developers to copy."""

PROOF_PROGRAM = """\
# dpop.py METHOD URL [TOKEN] [NONCE] prints a proof, made with the key in dpop.json
import base64, hashlib, json, os, sys, time, uuid
from joserfc import jwt
from joserfc.jwk import ECKey

if not os.path.exists("dpop.json"):
    with open("dpop.json", "w") as file:
        json.dump(ECKey.generate_key("P-256").as_dict(private=True), file)
with open("dpop.json") as file:
    key = ECKey.import_key(json.load(file))

method, url, token, nonce = [*sys.argv[1:], "", ""][:4]
claims = {"htm": method, "htu": url, "iat": int(time.time()), "jti": uuid.uuid4().hex}
if token:
    digest = hashlib.sha256(token.encode()).digest()
    claims["ath"] = base64.urlsafe_b64encode(digest).decode().rstrip("=")
if nonce:
    claims["nonce"] = nonce
header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
print(jwt.encode(header, claims, key))
"""
"""RFC 9449, 4.2. It keeps its key in a file, asks for nothing but joserfc, and works at both kinds of server."""
