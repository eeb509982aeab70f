#include "tests/chains/random_chain.h"

#include <stdarg.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const names[] = {
    "*.example.org",
    "POP.EXAMPLE.ORG",
    "www.example.org",
    "p*.example.org",
    "*p.example.org",
    "*",
    "*.org",
    "pop.*.org",
    ".example.org",
    "pop.example.org.",
    "pop.example.org%00",
    "pop.example.org%00.evil.org",
    "%2A%2A.example.org",
    "xn--*.example.org",
    "*.*.example.org",
    "192.0.2.1",
    "b%C3%BCcher.example.org",
    "pop_example.org",
    "*.pop.example.org",
    "",
    " pop.example.org",
    "pop.example.org%0D%0A",
    "*.example.org.",
    "example.org",
};
static const char *const leaf_extensions[] = {
    "basicConstraints=critical,CA:TRUE",
    "basicConstraints=CA:FALSE",
    "basicConstraints=",
    "basicConstraints=DER:30:00",
    "basicConstraints=critical,CA:FALSE,pathlen:0",
    "+basicConstraints=CA:FALSE",
    "keyUsage=",
    "keyUsage=keyAgreement",
    "keyUsage=critical,keyEncipherment",
    "keyUsage=digitalSignature,keyEncipherment",
    "keyUsage=critical,keyCertSign,digitalSignature",
    "keyUsage=nonRepudiation",
    "keyUsage=critical,DER:03:01:00",
    "keyUsage=DER:04:00",
    "+keyUsage=digitalSignature",
    "extendedKeyUsage=",
    "extendedKeyUsage=clientAuth",
    "extendedKeyUsage=serverAuth,clientAuth",
    "extendedKeyUsage=anyExtendedKeyUsage",
    "extendedKeyUsage=critical,serverAuth",
    "extendedKeyUsage=anyExtendedKeyUsage,serverAuth",
    "extendedKeyUsage=codeSigning",
    "extendedKeyUsage=critical,codeSigning,1.2.3.4",
    "extendedKeyUsage=DER:30:00",
    "+extendedKeyUsage=serverAuth",
    "authorityKeyIdentifier=",
    "authorityKeyIdentifier=DER:30:06:80:04:01:02:03:04",
    "authorityKeyIdentifier=DER:30:00",
    "subjectKeyIdentifier=",
    "1.2.3.4.5=critical,DER:05:00",
    "1.2.3.4.5=DER:05:00",
    "certificatePolicies=1.2.3.4",
    "certificatePolicies=DER:30:00",
    "tlsfeature=status_request",
    "subjectAltName=critical,DNS:pop.example.org",
    "subjectAltName=",
    "subjectAltName=DER:30:00",
    "subjectAltName=IP:192.0.2.1",
    "subjectAltName=IP:192.0.2.1,DNS:pop.example.org",
    "subjectAltName=email:pop@example.org",
    "subjectAltName=URI:https://pop.example.org/",
    "subjectAltName=DNS:www.example.org,DNS:pop.example.org",
    "+subjectAltName=DNS:pop.example.org",
    "nameConstraints=permitted;DNS:example.org",
    "policyConstraints=requireExplicitPolicy:0",
    "inhibitAnyPolicy=0",
    "nsCertType=client",
    "nsCertType=server",
    "nsComment=x",
    "crlDistributionPoints=URI:http://192.0.2.1/",
};
static const char *const ca_extensions[] = {
    "basicConstraints=critical,CA:FALSE",
    "basicConstraints=CA:TRUE",
    "basicConstraints=",
    "basicConstraints=DER:30:00",
    "basicConstraints=critical,CA:TRUE,pathlen:0",
    "basicConstraints=critical,CA:TRUE,pathlen:1",
    "+basicConstraints=CA:TRUE",
    "basicConstraints=critical,DER:30:06:01:01:ff:02:01:ff",
    "keyUsage=",
    "keyUsage=critical,cRLSign",
    "keyUsage=critical,keyCertSign",
    "keyUsage=digitalSignature",
    "keyUsage=critical,DER:03:01:00",
    "extendedKeyUsage=emailProtection",
    "extendedKeyUsage=serverAuth",
    "extendedKeyUsage=anyExtendedKeyUsage",
    "extendedKeyUsage=clientAuth",
    "nameConstraints=critical,permitted;DNS:example.org",
    "nameConstraints=critical,permitted;DNS:.example.org",
    "nameConstraints=critical,permitted;DNS:example.net",
    "nameConstraints=permitted;DNS:example.net",
    "nameConstraints=critical,excluded;DNS:pop.example.org",
    "nameConstraints=critical,excluded;DNS:org",
    "nameConstraints=critical,permitted;IP:192.0.2.0/255.255.255.0",
    "nameConstraints=critical,excluded;IP:0.0.0.0/0.0.0.0",
    "nameConstraints=critical,permitted;email:example.org",
    "nameConstraints=critical,permitted;URI:example.org",
    "nameConstraints=critical,DER:30:00",
    "policyConstraints=critical,requireExplicitPolicy:0",
    "policyConstraints=requireExplicitPolicy:1",
    "policyConstraints=critical,inhibitPolicyMapping:0",
    "certificatePolicies=1.2.3.4",
    "certificatePolicies=2.5.29.32.0",
    "inhibitAnyPolicy=critical,0",
    "authorityKeyIdentifier=",
    "subjectKeyIdentifier=",
    "subjectKeyIdentifier=critical,hash",
    "1.2.3.4.5=critical,DER:05:00",
    "1.2.3.4.5=DER:05:00",
    "tlsfeature=status_request",
    "subjectAltName=DNS:ca.example.org",
    "nsCertType=sslCA",
    "nsCertType=client",
};
static const char *const wanted[] = {"a.pop.example.org", "example.org", "192.0.2.1",
                                     "2001:db8::1",       "localhost",   "org"};
static const char *const digests[] = {"SHA1", "MD5", "SHA384", "SHA512", "SHA224"};
static const unsigned options[] = {
    LAB_NO_INTERMEDIATE,
    LAB_INTERMEDIATE_NOT_SENT,
    LAB_ROOT_SENT,
    LAB_ROOT_NOT_TRUSTED | LAB_ROOT_SENT,
    LAB_FALSE_ROOT,
    LAB_SELF_SIGNED,
    LAB_SELF_SIGNED | LAB_LEAF_TRUSTED,
    LAB_INTERMEDIATE_TRUSTED,
    LAB_LEAF_SIGNS,
    LAB_CROSS_SENT,
    LAB_UNORDERED | LAB_ROOT_SENT,
};
static const int dates[][2] = {{-48, -24},          {24, 48}, {-1, 1}, {48, -48}, {-24, 24 * 365 * 20},
                               {-24 * 365 * 20, 24}};

struct dice {
    uint64_t state;
    struct random_chain *out;
    size_t n;
};

/* SplitMix64. */
static uint64_t roll(struct dice *dice, uint64_t sides)
{
    uint64_t z = dice->state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (z ^ z >> 31) % sides;
}

__attribute__((format(printf, 2, 3))) static void note(struct dice *dice, const char *format, ...)
{
    va_list arguments;
    int n;

    va_start(arguments, format);
    n = vsnprintf(dice->out->text + dice->n, sizeof dice->out->text - dice->n, format, arguments);
    va_end(arguments);
    dice->n += (size_t)n;
    if (dice->n >= sizeof dice->out->text)
        dice->n = sizeof dice->out->text - 1;
}

static struct lab_certificate *certificate_of(struct dice *dice, unsigned role)
{
    struct lab_chain *chain = &dice->out->chain;

    return role == 0 ? &chain->leaf : role == 1 ? &chain->intermediate : &chain->root;
}

static const char *const roles[] = {"leaf", "intermediate", "root"};

static void change_extension(struct dice *dice, unsigned role)
{
    const char *change = role == 0 ? leaf_extensions[roll(dice, COUNT(leaf_extensions))]
                                   : ca_extensions[roll(dice, COUNT(ca_extensions))];
    char *all = dice->out->extensions[role];
    size_t n = strlen(all);

    snprintf(all + n, sizeof dice->out->extensions[role] - n, "%s%s", n ? "|" : "", change);
    certificate_of(dice, role)->extensions = all;
    note(dice, "%s %s; ", roles[role], change);
}

/* Which keys a chain has matters only together with other things; weak ones are rare. */
static void change_key(struct dice *dice, unsigned role)
{
    static const enum lab_key keys[] = {LAB_P384,    LAB_RSA2048, LAB_RSA2048,  LAB_ED25519, LAB_RSA_E3,
                                        LAB_RSA2047, LAB_RSA1024, LAB_EXPLICIT, LAB_P192,    LAB_SECP256K1};
    enum lab_key key = keys[roll(dice, COUNT(keys))];

    certificate_of(dice, role)->key = key;
    note(dice, "%s key %d; ", roles[role], key);
}

static void change_field(struct dice *dice, unsigned role)
{
    struct lab_certificate *certificate = certificate_of(dice, role);
    unsigned which = (unsigned)roll(dice, 6);
    const int *date = dates[roll(dice, COUNT(dates))];
    const char *digest = digests[roll(dice, COUNT(digests))];

    if (which == 0)
        certificate->is_v1 = true;
    else if (which == 1)
        certificate->is_corrupt = true;
    else if (which == 2)
        certificate->has_negative_serial = true;
    else if (which == 3 && role == 0)
        certificate->cn = "-";
    else if (which == 4)
        certificate->digest = digest;
    else
        certificate->from_h = date[0], certificate->to_h = date[1];
    note(dice, "%s field %u, dates %d %d, digest %s; ", roles[role], which, date[0], date[1], digest);
}

static void change_names(struct dice *dice)
{
    const char *name = names[roll(dice, COUNT(names))];

    snprintf(dice->out->dns, sizeof dice->out->dns, "%s", name);
    dice->out->chain.leaf.dns = dice->out->dns;
    note(dice, "name %s; ", name);
}

static void change_chain(struct dice *dice)
{
    struct lab_chain *chain = &dice->out->chain;

    if (roll(dice, 3)) {
        chain->options = options[roll(dice, COUNT(options))];
        note(dice, "options %x; ", chain->options);
    } else {
        chain->more_intermediates = (unsigned)roll(dice, 10);
        note(dice, "%u more intermediates; ", chain->more_intermediates);
    }
}

static void change(struct dice *dice)
{
    unsigned role = (unsigned)roll(dice, 3);

    switch (roll(dice, 10)) {
    case 0:
    case 1:
    case 2:
    case 3: change_extension(dice, role); break;
    case 4: change_field(dice, role); break;
    case 5: change_key(dice, role); break;
    case 6:
    case 7: change_names(dice); break;
    case 8: change_chain(dice); break;
    default:
        dice->out->chain.wanted = wanted[roll(dice, COUNT(wanted))];
        note(dice, "wanted %s; ", dice->out->chain.wanted);
    }
}

void random_chain(struct random_chain *out, uint64_t seed, uint64_t number)
{
    struct dice dice = {seed * 1000003 + number, out, 0};
    uint64_t changes;

    memset(out, 0, sizeof *out);
    out->chain.wanted = "pop.example.org";
    out->version = roll(&dice, 2) ? TLS1_3_VERSION : TLS1_2_VERSION;
    changes = roll(&dice, 5);
    for (uint64_t i = 0; i < changes; i++)
        change(&dice);
}
