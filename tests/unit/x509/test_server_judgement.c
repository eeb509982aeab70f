/* The matrix of bad certificates: one test for each chain. doc/TLS.md has the reason for each decision. */
#include "tests/unit/x509/chain_lab.h"

#include "tls/tls_policy.h"

#include <openssl/err.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { NAMELESS = TLS_FAULTS }; /* in place of a fault: accepted, but compared with no name */

struct row {
    const char *name;
    unsigned fault; /* enum tls_fault: the worst; TLS_OK: accepted */
    int error;      /* that must be among those found; 0: any */
    struct lab_chain chain;
};

#define NO_SAN "subjectAltName="
#define SAN(names) "subjectAltName=" names
#define FUTURE .from_h = 24, .to_h = 2400
#define PAST .from_h = -2400, .to_h = -24

static const struct row rows[] = {
    {"good", TLS_OK, 0, {0}},
    {"good, issued by the root", TLS_OK, 0, {.options = LAB_NO_INTERMEDIATE}},
    {"good, with the root sent", TLS_OK, 0, {.options = LAB_ROOT_SENT}},
    {"good, RSA",
     TLS_OK,
     0,
     {.root.key = LAB_RSA2048, .intermediate.key = LAB_RSA2048, .leaf.key = LAB_RSA2048}},
    {"good, P-384", TLS_OK, 0, {.intermediate.key = LAB_P384, .leaf.key = LAB_P384}},
    {"good, Ed25519", TLS_OK, 0, {.leaf.key = LAB_ED25519}},

    /* dates */
    {"expired", TLS_EXPIRED, 10, {.leaf = {PAST}}},
    {"expired intermediate", TLS_EXPIRED, 10, {.intermediate = {PAST}}},
    {"expired root in the store", TLS_EXPIRED, 10, {.root = {PAST}}},
    {"expired an hour ago", TLS_EXPIRED, 10, {.leaf = {.from_h = -100, .to_h = -1}}},
    {"end before begin, past", TLS_EXPIRED, 10, {.leaf = {.from_h = -48, .to_h = -72}}},
    {"end before begin, future", TLS_NOT_YET_VALID, 9, {.leaf = {.from_h = 72, .to_h = 48}}},
    {"end before begin, now between", TLS_NOT_YET_VALID, 9, {.leaf = {.from_h = 24, .to_h = -24}}},
    {"not yet valid", TLS_NOT_YET_VALID, 9, {.leaf = {FUTURE}}},
    {"not yet valid intermediate", TLS_NOT_YET_VALID, 9, {.intermediate = {FUTURE}}},
    {"not yet valid root", TLS_NOT_YET_VALID, 9, {.root = {FUTURE}}},
    {"expired cross root sent", TLS_OK, 0, {.options = LAB_CROSS_SENT}},
    {"end in 9999", TLS_OK, 0, {.leaf.not_after = "99991231235959Z"}},
    {"end in 1950", TLS_EXPIRED, 10, {.leaf.not_after = "500101000000Z"}},

    /* names */
    {"wildcard", TLS_OK, 0, {.leaf.dns = "*.example.org"}},
    {"name in other case", TLS_OK, 0, {.leaf.dns = "POP.Example.ORG"}},
    {"wrong name", TLS_NAME, 62, {.leaf.dns = "www.example.org"}},
    {"name below", TLS_NAME, 62, {.leaf.dns = "a.pop.example.org"}},
    {"wildcard over two labels", TLS_NAME, 62, {.wanted = "a.pop.example.org", .leaf.dns = "*.example.org"}},
    {"wildcard for the domain itself", TLS_NAME, 62, {.wanted = "example.org", .leaf.dns = "*.example.org"}},
    {"*.org", TLS_NAME, 62, {.wanted = "example.org", .leaf.dns = "*.org"}},
    {"pop.*.org", TLS_NAME, 62, {.leaf.dns = "pop.*.org"}},
    {"*", TLS_NAME, 62, {.wanted = "localhost", .leaf.dns = "*"}},
    {"*.*.org", TLS_NAME, 62, {.leaf.dns = "*.*.org"}},
    {"name with a leading dot", TLS_NAME, 62, {.leaf.dns = ".example.org"}},
    {"bytes of UTF-8",
     TLS_NAME,
     62,
     {.wanted = "xn--bcher-kva.example.org", .leaf.dns = "b%C3%BCcher.example.org"}},
    {"NUL in the name", TLS_NAME, 62, {.leaf.dns = "pop.example.org%00.evil.org"}},
    {"NUL in the common name",
     TLS_NAME,
     62,
     {.leaf = {.cn = "pop.example.org%00.evil.org", .extensions = NO_SAN}}},
    {"other name, right common name", TLS_NAME, 62, {.leaf.dns = "www.example.org"}},
    {"address as wanted", TLS_OK, 0, {.wanted = "192.0.2.1", .leaf.extensions = SAN("IP:192.0.2.1")}},
    {"IPv6 address as wanted",
     TLS_OK,
     0,
     {.wanted = "2001:db8::1", .leaf.extensions = SAN("IP:2001:db8::1")}},
    {"other address", TLS_NAME, 64, {.wanted = "192.0.2.1", .leaf.extensions = SAN("IP:192.0.2.2")}},
    {"IPv4 address mapped",
     TLS_NAME,
     64,
     {.wanted = "192.0.2.1", .leaf.extensions = SAN("IP:::ffff:192.0.2.1")}},
    {"address as a DNS name", TLS_NAME, 64, {.wanted = "192.0.2.1", .leaf.dns = "192.0.2.1"}},
    {"address as the common name",
     TLS_NAME,
     64,
     {.wanted = "192.0.2.1", .leaf = {.cn = "192.0.2.1", .extensions = NO_SAN}}},
    {"address wanted, only names", TLS_NAME, 64, {.wanted = "192.0.2.1"}},
    {"name wanted, only an address", TLS_NAME, 62, {.leaf.extensions = SAN("IP:192.0.2.1")}},
    {"partial wildcard p*", TLS_NAME, 62, {.leaf.dns = "p*.example.org"}},
    {"partial wildcard *p", TLS_NAME, 62, {.leaf.dns = "*p.example.org"}},
    {"partial wildcard p*p", TLS_NAME, 62, {.leaf.dns = "p*p.example.org"}},
    {"common name only", TLS_NAME, 62, {.leaf.extensions = NO_SAN}},
    {"common name with an e-mail address", TLS_NAME, 62, {.leaf.extensions = SAN("email:pop@example.org")}},
    {"common name with a URI", TLS_NAME, 62, {.leaf.extensions = SAN("URI:https://pop.example.org/")}},
    {"version 1", TLS_NAME, 62, {.leaf.is_v1 = true}},
    {"*.co.uk", TLS_OK, 0, {.wanted = "pop.co.uk", .leaf.dns = "*.co.uk"}},
    {"no name wanted", NAMELESS, 0, {.wanted = "", .leaf.dns = "www.example.org"}},
    {"no name wanted, but the address is in it",
     TLS_OK,
     0,
     {.wanted = "", .leaf.extensions = SAN("IP:192.0.2.1")}},
    {"only a dot wanted", NAMELESS, 0, {.wanted = "."}},
    {"no host name wanted", TLS_NAME, 62, {.wanted = "pop_example", .leaf.dns = "pop_example"}},
    {"a wildcard wanted", TLS_NAME, 62, {.wanted = "*.example.org", .leaf.dns = "*.example.org"}},
    {"line end in the wanted name", TLS_NAME, 62, {.wanted = "pop.example.org\r\n"}},
    {"wanted with a trailing dot", TLS_OK, 0, {.wanted = "pop.example.org."}},
    {"name with a trailing dot", TLS_NAME, 62, {.leaf.dns = "pop.example.org."}},
    {"further name with line ends and quotes",
     TLS_OK,
     0,
     {.leaf.extensions = "+subjectAltName=|subjectAltName=DNS:pop.example.org,DNS:a\r\nb\""}},
    {"2,000 names", TLS_OK, 0, {.leaf.more_names = 2000}},
    {"5,500 names", TLS_MISUSED, 0, {.leaf.more_names = 5500}},

    /* paths */
    {"two lists of names",
     TLS_MISUSED,
     20,
     {.leaf.extensions = "+" SAN("DNS:pop.example.org"), .options = LAB_TLS13_ONLY}},
    {"basic constraints twice",
     TLS_MISUSED,
     20,
     {.leaf.extensions = "+basicConstraints=CA:FALSE", .options = LAB_TLS13_ONLY}},
    {"key usage twice",
     TLS_MISUSED,
     20,
     {.leaf.extensions = "+keyUsage=digitalSignature", .options = LAB_TLS13_ONLY}},
    {"basic constraints twice in the intermediate",
     TLS_UNTRUSTED,
     20,
     {.intermediate.extensions = "+basicConstraints=CA:TRUE"}},
    {"other authority key",
     TLS_UNTRUSTED,
     20,
     {.leaf.extensions = "authorityKeyIdentifier=DER:30:06:80:04:01:02:03:04"}},
    {"intermediate missing", TLS_UNTRUSTED, 20, {.options = LAB_INTERMEDIATE_NOT_SENT}},
    {"self-signed", TLS_UNTRUSTED, 18, {.options = LAB_SELF_SIGNED}},
    {"untrusted root", TLS_UNTRUSTED, 20, {.options = LAB_ROOT_NOT_TRUSTED}},
    {"untrusted root sent", TLS_UNTRUSTED, 19, {.options = LAB_ROOT_NOT_TRUSTED | LAB_ROOT_SENT}},
    {"false root of a true name", TLS_UNTRUSTED, 0, {.options = LAB_FALSE_ROOT}},
    {"false root of a true name sent", TLS_UNTRUSTED, 19, {.options = LAB_FALSE_ROOT | LAB_ROOT_SENT}},
    {"only the intermediate trusted", TLS_UNTRUSTED, 2, {.options = LAB_INTERMEDIATE_TRUSTED}},
    {"self-signed and trusted", TLS_OK, 0, {.options = LAB_SELF_SIGNED | LAB_LEAF_TRUSTED}},
    {"self-signed, trusted, of an authority",
     TLS_OK,
     0,
     {.leaf.extensions = "basicConstraints=CA:TRUE|keyUsage=|extendedKeyUsage=",
      .options = LAB_SELF_SIGNED | LAB_LEAF_TRUSTED}},
    {"self-signed and trusted, wrong name",
     TLS_NAME,
     62,
     {.leaf.dns = "www.example.org", .options = LAB_SELF_SIGNED | LAB_LEAF_TRUSTED}},
    {"self-signed and trusted, expired",
     TLS_EXPIRED,
     10,
     {.leaf = {PAST}, .options = LAB_SELF_SIGNED | LAB_LEAF_TRUSTED}},
    {"intermediate: CA:FALSE",
     TLS_MISUSED,
     79,
     {.intermediate.extensions = "basicConstraints=critical,CA:FALSE"}},
    {"intermediate: no basic constraints", TLS_MISUSED, 79, {.intermediate.extensions = "basicConstraints="}},
    {"intermediate: no keyCertSign",
     TLS_MISUSED,
     79,
     {.intermediate.extensions = "keyUsage=critical,cRLSign"}},
    {"intermediate: version 1",
     TLS_MISUSED,
     79,
     {.intermediate.is_v1 = true, .leaf.extensions = "authorityKeyIdentifier="}},
    {"issued by a server certificate", TLS_MISUSED, 79, {.options = LAB_LEAF_SIGNS}},
    {"intermediate: basic constraints not critical",
     TLS_OK,
     0,
     {.intermediate.extensions = "basicConstraints=CA:TRUE"}},
    {"intermediate: no key usage", TLS_OK, 0, {.intermediate.extensions = "keyUsage="}},
    {"chain of 12", TLS_MISUSED, 22, {.more_intermediates = 9}},
    {"chain of 9", TLS_OK, 0, {.more_intermediates = 6}},
    {"200 strangers", TLS_MISUSED, 0, {.strangers = 200}},
    {"unordered with strangers", TLS_OK, 0, {.strangers = 5, .options = LAB_UNORDERED | LAB_ROOT_SENT}},
    {"corrupt signature", TLS_MISUSED, 7, {.leaf.is_corrupt = true}},
    {"corrupt signature of the intermediate", TLS_MISUSED, 7, {.intermediate.is_corrupt = true}},

    /* constraints and purposes */
    {"intermediate for e-mail only",
     TLS_MISUSED,
     26,
     {.intermediate.extensions = "extendedKeyUsage=emailProtection"}},
    {"for clients only", TLS_MISUSED, 26, {.leaf.extensions = "extendedKeyUsage=clientAuth"}},
    {"for any purpose only", TLS_MISUSED, 26, {.leaf.extensions = "extendedKeyUsage=anyExtendedKeyUsage"}},
    {"key usage certificates only",
     TLS_MISUSED,
     26,
     {.leaf.extensions = "keyUsage=critical,keyCertSign", .options = LAB_TLS13_ONLY}},
    {"key usage certificates as well",
     TLS_MISUSED,
     82,
     {.leaf.extensions = "keyUsage=critical,digitalSignature,keyCertSign"}},
    {"path length without an authority",
     TLS_MISUSED,
     80,
     {.leaf.extensions = "basicConstraints=critical,CA:FALSE,pathlen:0"}},
    {"key usage agreement only",
     TLS_MISUSED,
     26,
     {.leaf.extensions = "keyUsage=critical,keyAgreement", .options = LAB_TLS13_ONLY}},
    {"RSA key for encryption only",
     TLS_MISUSED,
     26,
     {.leaf = {.key = LAB_RSA2048, .extensions = "keyUsage=critical,keyEncipherment"}}},
    {"certificate of an authority",
     TLS_MISUSED,
     26,
     {.leaf.extensions = "basicConstraints=critical,CA:TRUE"}},
    {"neither purpose nor key usage", TLS_OK, 0, {.leaf.extensions = "extendedKeyUsage=|keyUsage="}},
    {"path length of the intermediate exceeded",
     TLS_MISUSED,
     25,
     {.intermediate.extensions = "basicConstraints=critical,CA:TRUE,pathlen:0", .more_intermediates = 1}},
    {"path length of the root exceeded",
     TLS_MISUSED,
     25,
     {.root.extensions = "basicConstraints=critical,CA:TRUE,pathlen:0"}},
    {"path length just kept", TLS_OK, 0, {.root.extensions = "basicConstraints=critical,CA:TRUE,pathlen:1"}},
    {"names permitted: others",
     TLS_MISUSED,
     47,
     {.intermediate.extensions = "nameConstraints=critical,permitted;DNS:example.net"}},
    {"names permitted: this",
     TLS_OK,
     0,
     {.intermediate.extensions = "nameConstraints=critical,permitted;DNS:example.org"}},
    {"names excluded",
     TLS_MISUSED,
     48,
     {.intermediate.extensions = "nameConstraints=critical,excluded;DNS:example.org"}},
    {"names permitted, not critical",
     TLS_MISUSED,
     47,
     {.intermediate.extensions = "nameConstraints=permitted;DNS:example.net"}},
    {"names permitted by the root",
     TLS_MISUSED,
     47,
     {.root.extensions = "nameConstraints=critical,permitted;DNS:example.net"}},
    {"names permitted, common name only",
     TLS_NAME,
     62,
     {.intermediate.extensions = "nameConstraints=critical,permitted;DNS:example.net",
      .leaf.extensions = NO_SAN}},
    {"addresses excluded",
     TLS_MISUSED,
     48,
     {.wanted = "192.0.2.1",
      .intermediate.extensions = "nameConstraints=critical,excluded;IP:192.0.2.0/255.255.255.0",
      .leaf.extensions = SAN("IP:192.0.2.1")}},
    {"explicit policy required",
     TLS_MISUSED,
     43,
     {.intermediate.extensions = "policyConstraints=critical,requireExplicitPolicy:0"}},
    {"explicit policy required and given, but constraints of the leaf without",
     TLS_MISUSED,
     43,
     {.intermediate.extensions =
          "policyConstraints=critical,requireExplicitPolicy:0|certificatePolicies=1.2.3.4",
      .leaf.extensions = "policyConstraints=inhibitPolicyMapping:0"}},
    {"policy mapping inhibited",
     TLS_OK,
     0,
     {.intermediate.extensions = "policyConstraints=critical,inhibitPolicyMapping:0"}},
    {"explicit policy required by the leaf",
     TLS_MISUSED,
     43,
     {.leaf.extensions = "policyConstraints=requireExplicitPolicy:0"}},
    {"explicit policy required, another given",
     TLS_MISUSED,
     43,
     {.intermediate.extensions =
          "policyConstraints=critical,requireExplicitPolicy:0|certificatePolicies=1.2.3.4",
      .leaf.extensions = "certificatePolicies=1.2.3.5"}},
    {"explicit policy required and given",
     TLS_OK,
     0,
     {.intermediate.extensions =
          "policyConstraints=critical,requireExplicitPolicy:0|certificatePolicies=1.2.3.4",
      .leaf.extensions = "certificatePolicies=1.2.3.4"}},
    {"unknown critical extension", TLS_MISUSED, 34, {.leaf.extensions = "1.2.3.4.5=critical,DER:05:00"}},
    {"unknown critical extension of the intermediate",
     TLS_MISUSED,
     34,
     {.intermediate.extensions = "1.2.3.4.5=critical,DER:05:00"}},
    {"unknown extension", TLS_OK, 0, {.leaf.extensions = "1.2.3.4.5=DER:05:00"}},
    {"empty subject, names not critical", TLS_OK, 0, {.leaf.cn = "-"}},
    {"no key identifiers", TLS_OK, 0, {.leaf.extensions = "authorityKeyIdentifier=|subjectKeyIdentifier="}},
    {"root of version 1",
     TLS_OK,
     0,
     {.root.is_v1 = true, .intermediate.extensions = "authorityKeyIdentifier="}},
    {"negative serial number", TLS_OK, 0, {.leaf.has_negative_serial = true}},

    /* keys and signatures */
    {"RSA-512", TLS_WEAK, 0, {.leaf.key = LAB_RSA512}},
    {"RSA-1024", TLS_WEAK, 66, {.leaf.key = LAB_RSA1024}},
    {"RSA-1024 intermediate", TLS_WEAK, 67, {.intermediate.key = LAB_RSA1024}},
    {"RSA-1024 root", TLS_WEAK, 67, {.root.key = LAB_RSA1024}},
    {"MD5", TLS_WEAK, 68, {.root.key = LAB_RSA2048, .intermediate.key = LAB_RSA2048, .leaf.digest = "MD5"}},
    {"SHA-1", TLS_WEAK, 68, {.leaf.digest = "SHA1"}},
    {"MD5 intermediate", TLS_WEAK, 68, {.root.key = LAB_RSA2048, .intermediate.digest = "MD5"}},
    {"SHA-1 intermediate", TLS_WEAK, 68, {.intermediate.digest = "SHA1"}},
    {"SHA-1 root", TLS_OK, 0, {.root.digest = "SHA1"}},
    {"RSA-2047", TLS_OK, 0, {.leaf.key = LAB_RSA2047}},
    {"RSA with exponent 3", TLS_OK, 0, {.leaf.key = LAB_RSA_E3}},
    {"P-192", TLS_WEAK, 0, {.leaf.key = LAB_P192}},
    {"secp256k1", TLS_WEAK, 0, {.leaf.key = LAB_SECP256K1}},
    {"explicit parameters", TLS_MISUSED, 94, {.leaf.key = LAB_EXPLICIT}},
    {"explicit parameters of the intermediate", TLS_MISUSED, 94, {.intermediate.key = LAB_EXPLICIT}},

    /* revocation */
    {"lists that do not name it", TLS_OK, 0, {.options = LAB_CRL}},
    {"revoked", TLS_REVOKED, 23, {.options = LAB_CRL_LEAF}},
    {"revoked intermediate", TLS_REVOKED, 23, {.options = LAB_CRL_INTERMEDIATE}},
    {"revoked by an expired list", TLS_REVOKED, 23, {.options = LAB_CRL_LEAF | LAB_CRL_EXPIRED}},
    {"expired lists", TLS_OK, 12, {.options = LAB_CRL | LAB_CRL_EXPIRED}},
    {"list of another issuer", TLS_OK, 3, {.options = LAB_CRL_STRANGER}},
    {"staple: good", TLS_OK, 0, {.options = LAB_STAPLE_GOOD}},
    {"staple: good, by a responder", TLS_OK, 0, {.options = LAB_STAPLE_GOOD | LAB_STAPLE_DELEGATED}},
    {"staple: revoked", TLS_REVOKED, 23, {.options = LAB_STAPLE_REVOKED}},
    {"staple: revoked, out of date", TLS_REVOKED, 23, {.options = LAB_STAPLE_REVOKED | LAB_STAPLE_EXPIRED}},
    {"staple: revoked, by a responder",
     TLS_REVOKED,
     23,
     {.options = LAB_STAPLE_REVOKED | LAB_STAPLE_DELEGATED}},
    {"staple: unknown", TLS_REVOKED, 75, {.options = LAB_STAPLE_UNKNOWN}},
    {"staple: good, out of date", TLS_OK, 0, {.options = LAB_STAPLE_GOOD | LAB_STAPLE_EXPIRED}},
    {"staple: good, by a stranger", TLS_REVOKED, 74, {.options = LAB_STAPLE_GOOD | LAB_STAPLE_BY_STRANGER}},
    {"staple: about another certificate",
     TLS_REVOKED,
     74,
     {.options = LAB_STAPLE_GOOD | LAB_STAPLE_OF_ANOTHER}},
    {"staple: garbage", TLS_REVOKED, 74, {.options = LAB_STAPLE_GARBAGE}},
    {"staple: try later", TLS_OK, 0, {.options = LAB_STAPLE_LATER}},
    {"must-staple: none", TLS_REVOKED, 73, {.leaf.extensions = "tlsfeature=status_request"}},
    {"must-staple: good",
     TLS_OK,
     0,
     {.leaf.extensions = "tlsfeature=status_request", .options = LAB_STAPLE_GOOD}},
    {"must-staple: out of date",
     TLS_REVOKED,
     73,
     {.leaf.extensions = "tlsfeature=status_request", .options = LAB_STAPLE_GOOD | LAB_STAPLE_EXPIRED}},
    {"must-staple: try later",
     TLS_REVOKED,
     73,
     {.leaf.extensions = "tlsfeature=status_request", .options = LAB_STAPLE_LATER}},
    {"must-staple: malformed", TLS_REVOKED, 73, {.leaf.extensions = "tlsfeature=DER:05:00"}},

    {"must-staple of the intermediate only",
     TLS_MISUSED,
     41,
     {.intermediate.extensions = "tlsfeature=status_request"}},
    {"must-staple of the root only",
     TLS_MISUSED,
     41,
     {.root.extensions = "tlsfeature=status_request", .options = LAB_STAPLE_GOOD}},
    {"must-staple of all",
     TLS_OK,
     0,
     {.root.extensions = "tlsfeature=status_request",
      .intermediate.extensions = "tlsfeature=status_request",
      .leaf.extensions = "tlsfeature=status_request",
      .options = LAB_STAPLE_GOOD}},

    /* several */
    {"self-signed, expired, wrong name",
     TLS_UNTRUSTED,
     10,
     {.leaf = {PAST, .dns = "www.example.org"}, .options = LAB_SELF_SIGNED}},
    {"expired, wrong name", TLS_NAME, 10, {.leaf = {PAST, .dns = "www.example.org"}}},
    {"revoked, expired", TLS_REVOKED, 10, {.leaf = {PAST}, .options = LAB_CRL_LEAF}},
};

static bool has_error(const struct server_judgement *j, int error)
{
    for (unsigned i = 0; i < j->error_count; i++)
        if (j->errors[i] == error)
            return true;
    return error == 0;
}

static void print(const struct row *row, int version, const struct server_judgement *j)
{
    print_message("%s, TLS %x: %s; complete %d, has_name %d, failure %s; errors", row->name,
                  (unsigned)version, tls_fault_word(tls_fault_worst(j->faults)), j->is_complete, j->has_name,
                  j->failure ? ERR_reason_error_string(j->failure) : "none");
    for (unsigned i = 0; i < j->error_count; i++)
        print_message(" %d", j->errors[i]);
    print_message("\n");
}

static bool is_as_expected(const struct row *row, const struct server_judgement *j)
{
    static const struct conf_tls defaults;
    enum tls_action action = tls_policy_decide(&defaults, j->faults, j->has_name).action;

    if (!has_error(j, row->error))
        return false;
    if (row->fault == TLS_OK || row->fault == NAMELESS)
        return j->faults == 0 && j->is_complete && j->has_certificate &&
               j->has_name == (row->fault == TLS_OK) &&
               action == (j->has_name ? TLS_ACT_INTERCEPT : TLS_ACT_MIRROR);
    return tls_fault_worst(j->faults) == row->fault && action == TLS_ACT_REFUSE;
}

/* From OpenSSL 3.6, the server of the lab sends only responses that it can parse and that are about its
 * certificate. */
static bool can_be_sent(const struct row *row)
{
    return OpenSSL_version_num() < 0x30600000 ||
           !(row->chain.options & (LAB_STAPLE_OF_ANOTHER | LAB_STAPLE_GARBAGE));
}

static void decides_as_the_page_says(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    const struct row *row = *state;

    if (!can_be_sent(row))
        skip();
    for (size_t i = 0; i < 2; i++) {
        struct server_judgement j;

        if (versions[i] != TLS1_3_VERSION && row->chain.options & LAB_TLS13_ONLY)
            continue;
        lab_judge(&row->chain, versions[i], &j);
        if (!is_as_expected(row, &j))
            print(row, versions[i], &j);
        assert_true(is_as_expected(row, &j));
    }
}

int main(void)
{
    enum { ROWS = sizeof rows / sizeof *rows };
    static struct CMUnitTest tests[ROWS];

    for (size_t i = 0; i < ROWS; i++)
        tests[i] = (struct CMUnitTest){rows[i].name, decides_as_the_page_says, NULL, NULL,
                                       (void *)(uintptr_t)&rows[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
