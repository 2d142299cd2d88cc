# Digests, ciphers, keys, signatures and certificates.
seq 1 5000 >message
for digest in md5 sha256 sha512 sha3-256 blake2b512; do
    openssl dgst -$digest -r message 2>&1 | cut -c1-70
done
openssl dgst -sha256 -hmac secret message
for cipher in aes-128-cbc aes-256-ctr chacha20 des-ede3-cbc; do
    openssl enc -$cipher -pbkdf2 -iter 100 -k password -S 0011223344556677 -in message -out secret 2>/dev/null ||
        { echo "$cipher none"; continue; }
    openssl enc -d -$cipher -pbkdf2 -iter 100 -k password -S 0011223344556677 -in secret | cmp - message &&
        echo "$cipher $(cksum <secret)"
done
openssl rand 32 | wc -c
openssl prime -hex FFFFFFFFFFFFFFC5; openssl prime 1000000007000000009
sign() {
    openssl pkey -in "$1.pem" -pubout -out "$1.pub" && openssl dgst -sha256 -sign "$1.pem" -out "$1.sig" message &&
        openssl dgst -sha256 -verify "$1.pub" -signature "$1.sig" message
    echo changed | openssl dgst -sha256 -verify "$1.pub" -signature "$1.sig" 2>/dev/null
}
openssl genrsa -out rsa.pem 2048 2>/dev/null && sign rsa
for curve in prime256v1 secp384r1; do
    openssl ecparam -name $curve -genkey -noout -out $curve.pem && echo $curve && sign $curve
done
openssl genpkey -algorithm ed25519 -out ed.pem && openssl pkey -in ed.pem -pubout -out ed.pub &&
    openssl pkeyutl -sign -rawin -inkey ed.pem -in message -out ed.sig &&
    openssl pkeyutl -verify -rawin -pubin -inkey ed.pub -in message -sigfile ed.sig
openssl genpkey -algorithm x25519 -out a.pem && openssl genpkey -algorithm x25519 -out b.pem
openssl pkey -in a.pem -pubout -out a.pub && openssl pkey -in b.pem -pubout -out b.pub
openssl pkeyutl -derive -inkey a.pem -peerkey b.pub -out ab && openssl pkeyutl -derive -inkey b.pem -peerkey a.pub -out ba
cmp ab ba && echo agreed
openssl req -x509 -key rsa.pem -subj /CN=strata -days 3650 -out cert.pem -config /dev/null 2>/dev/null
openssl verify -CAfile cert.pem cert.pem && openssl x509 -in cert.pem -noout -subject
openssl kdf -keylen 16 -kdfopt digest:SHA256 -kdfopt pass:p -kdfopt salt:saltsalt -kdfopt iter:2000 PBKDF2
