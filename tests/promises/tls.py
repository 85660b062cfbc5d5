"""What 10-tls promises."""

HEARS_ALL = r"The eavesdropper has all 3 messages, word for word\.(.*\n)+  ann: tulip"
HEARS_NOTHING = (
    r"The eavesdropper has no(ne|thing) of .*\n.*only the server wrote down.*\n  ann: the key is under the mat"
)
ANYWHERE = {
    "plain": HEARS_ALL,
    "sealed": HEARS_NOTHING,
    "wire": r"SYN,ACK  seq 0(.*\n)+.*\\x16\\x03(.*\n)+.*\\x17\\x03\\x03",
    "records": r"ann +handshake +\d+\n(.*\n)+\d+ +ann +application data +28 +11\n",
    "can-tell": r"the server's name +no name is said +server\nthe certificate +none +sealed\n(.*\n)*"
    r"ann's first lines +\"PASS tulip\" \"JOIN ann\" +sealed",
    "name": r"the client wants: server\ncertificates in clear: 0",
    "old": r"TLS +TLS 1\.3 +TLS 1\.2\n.*\nthe certificate +sealed +of server\n",
    "lengths": r"ann +application data +23 +6\n(.*\n)*.*ann +application data +32 +15\n(.*\n)*.*122 +105\n",
    "keys": r"CLIENT_TRAFFIC_SECRET_0 +[0-9a-f]+…",
    "opened": r"69 +52 +\(proof: we have heard the same handshake\)\n(.*\n)+"
    r".*28 +11 +\"PASS tulip\\n\"\n(.*\n)+.*\"SAY the key is under the mat\\n\"",
    "careless": r"ann's program: +connected to 10\.0\.0\.4:\d+, TLS 1\.3(.*\n)+bob hears +the key is under the mat\n"
    r"(.*\n)*eve reads +client: PASS tulip\n(.*\n)*eve reads +client: SAY the key is under the mat\n",
    "two": r"10\.0\.0\.2:\d+ > 10\.0\.0\.4:\d+(.*\n)*.*10\.0\.0\.4:\d+ > 10\.0\.0\.1:\d+",
    "careful": r"ann's program: +The server's certificate comes from an authority that nobody here trusts"
    r"(?!(.*\n)*.*client:)",
    "grade-name": "✓ right",
    "grade-length": "✓ right",
    "grade-reader": "✓ right",
}
WITHOUT_A_LAN = ANYWHERE | {
    "lan": "no LAN here",
    "careless": r"RECORDED.*it was not played here: .*\n(.*\n)*" + ANYWHERE["careless"],
    "careful": r"RECORDED.*it was not played here: .*\n(.*\n)*" + ANYWHERE["careful"],
}
PROMISES = {"lan": ANYWHERE, "loopback": WITHOUT_A_LAN, "recorded": WITHOUT_A_LAN}
