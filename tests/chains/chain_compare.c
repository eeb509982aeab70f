/* chain_compare COUNT [SEED [FIRST]]: certificate chains at random, judged by Postern and by others.
 *
 * Each chain is presented by a TLS server to Postern's judgement and to curl, and is given to OpenSSL's
 * strict verification and to GnuTLS's certtool. A chain that Postern accepts and one of the others refuses is
 * printed, unless doc/TLS.md defends the difference; the exit status then is 1. The last line counts the
 * decisions. `chain_compare 1 SEED NUMBER` repeats one chain. */
#include "tests/chains/random_chain.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { CURL_WEIRD_SERVER_REPLY = 8, TIMEOUT_MS = 20000, SKIPPED = 77 };

struct opinions {
    bool postern, strict, gnutls, curl;
    int strict_error;
    bool strict_at_root; /* the error is about the trusted root */
    char gnutls_says[2048], curl_says[512];
};

static bool is_address(const char *name)
{
    unsigned char bytes[16];

    return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

/* The verification that `openssl verify -x509_strict -purpose sslserver` makes, with the checks of names. */
static void ask_strict(const struct lab_made *made, const char *wanted, struct opinions *opinions)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    STACK_OF(X509) *others = sk_X509_new_null();
    X509_VERIFY_PARAM *param;

    X509_STORE_load_file(store, made->trust);
    for (size_t i = 1; i < made->sent_count; i++)
        sk_X509_push(others, made->sent[i]);
    X509_STORE_CTX_init(context, store, made->sent[0], others);
    X509_STORE_CTX_set_default(context, "ssl_server");
    param = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
    X509_VERIFY_PARAM_set_auth_level(param, 2);
    if (is_address(wanted))
        X509_VERIFY_PARAM_set1_ip_asc(param, wanted);
    else
        X509_VERIFY_PARAM_set1_host(param, wanted, 0);
    opinions->strict = X509_verify_cert(context) == 1;
    opinions->strict_error = X509_STORE_CTX_get_error(context);
    opinions->strict_at_root = X509_STORE_CTX_get_current_cert(context) &&
                               X509_cmp(X509_STORE_CTX_get_current_cert(context), made->root) == 0;
    X509_STORE_CTX_free(context);
    sk_X509_free(others);
    X509_STORE_free(store);
    ERR_clear_error();
}

/* Starts a program whose output goes to a pipe. */
static pid_t start(const char **arguments, int *output)
{
    posix_spawn_file_actions_t actions;
    int pipes[2];
    pid_t child = -1;

    if (pipe2(pipes, O_CLOEXEC) != 0)
        abort();
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, pipes[1], 1);
    posix_spawn_file_actions_adddup2(&actions, pipes[1], 2);
    if (posix_spawnp(&child, arguments[0], &actions, NULL, (char **)(uintptr_t)arguments, environ) != 0) {
        printf("chain_compare: %s is not installed\n", arguments[0]);
        exit(SKIPPED);
    }
    posix_spawn_file_actions_destroy(&actions);
    close(pipes[1]);
    *output = pipes[0];
    return child;
}

static int finish(pid_t child, int output, char *says, size_t size)
{
    size_t n = 0;
    ssize_t got;
    int status = -1;
    char rest[256];

    while ((got = read(output, n + 1 < size ? says + n : rest, n + 1 < size ? size - 1 - n : sizeof rest)) >
           0)
        n += n + 1 < size ? (size_t)got : 0;
    says[n] = '\0';
    close(output);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void ask_gnutls(const struct lab_made *made, const char *wanted, struct opinions *opinions)
{
    char chain[128], trust[128];
    const char *arguments[] = {"certtool",
                               "--verify",
                               "--infile",
                               chain,
                               "--load-ca-certificate",
                               trust,
                               "--verify-hostname",
                               wanted,
                               "--verify-purpose",
                               "1.3.6.1.5.5.7.3.1",
                               NULL};
    FILE *file;
    int output;
    pid_t child;

    snprintf(chain, sizeof chain, "%s/chain.pem", made->directory);
    snprintf(trust, sizeof trust, "%s", made->trust);
    file = fopen(chain, "w");
    for (size_t i = 0; i < made->sent_count; i++)
        PEM_write_X509(file, made->sent[i]);
    fclose(file);
    child = start(arguments, &output);
    opinions->gnutls = finish(child, output, opinions->gnutls_says, sizeof opinions->gnutls_says) == 0;
    unlink(chain);
}

static int listen_somewhere(char port[8])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (bind(fd, (void *)&address, sizeof address) != 0 || listen(fd, 1) != 0 ||
        getsockname(fd, (void *)&address, &size) != 0)
        abort();
    snprintf(port, 8, "%u", (unsigned)ntohs(address.sin_port));
    return fd;
}

/* curl reports a greeting that is no "+OK" by an exit status of its own; it has then accepted the
 * certificate. */
static void serve_one(int listener, SSL_CTX *server)
{
    struct timeval limit = {TIMEOUT_MS / 1000, 0};
    struct pollfd wait = {listener, POLLIN, 0};
    int fd = poll(&wait, 1, TIMEOUT_MS) == 1 ? accept4(listener, NULL, NULL, SOCK_CLOEXEC) : -1;
    SSL *ssl = SSL_new(server);
    char bytes[64];

    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        SSL_set_fd(ssl, fd);
        if (SSL_accept(ssl) == 1 && SSL_write(ssl, "-ERR no\r\n", 9) == 9)
            SSL_read(ssl, bytes, sizeof bytes);
        close(fd);
    }
    SSL_free(ssl);
    ERR_clear_error();
}

static void ask_curl(const struct lab_made *made, SSL_CTX *server, const char *wanted,
                     struct opinions *opinions)
{
    char port[8], to[64], url[300], trust[128];
    const char *arguments[] = {"curl",     "-q",  "-sS",      "--noproxy",    "*",
                               "--cacert", trust, "--capath", "/nonexistent", "--connect-to",
                               to,         url,   NULL};
    int listener = listen_somewhere(port), output;
    bool has_colon = strchr(wanted, ':') != NULL;
    pid_t child;

    snprintf(trust, sizeof trust, "%s", made->trust);
    snprintf(to, sizeof to, "::127.0.0.1:%s", port);
    snprintf(url, sizeof url, has_colon ? "pop3s://[%s]/" : "pop3s://%s/", wanted);
    child = start(arguments, &output);
    serve_one(listener, server);
    close(listener);
    opinions->curl =
        finish(child, output, opinions->curl_says, sizeof opinions->curl_says) == CURL_WEIRD_SERVER_REPLY;
}

static bool ask_postern(const struct lab_made *made, SSL_CTX *server, const char *wanted,
                        struct server_judgement *j)
{
    union inet_address address = lab_address("192.0.2.1", 995);
    struct buf error = {0};
    struct server_trust *trust = server_trust_new(&made->conf, &error);

    if (!trust)
        exit(2);
    SSL_free(lab_connect(trust, server, wanted, &address, j));
    server_trust_free(&trust);
    buf_fini(&error);
    return j->is_complete && j->faults == 0;
}

/* doc/TLS.md, "Differences that are defended", has the reason for each. */
static bool is_strict_defended(const struct opinions *opinions)
{
    switch (opinions->strict_error) {
    case X509_V_ERR_INVALID_CA: return opinions->strict_at_root;
    case X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER:
    case X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER:
    case X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL:
    case X509_V_ERR_CA_BCONS_NOT_CRITICAL:
    case X509_V_ERR_SUBJECT_KEY_IDENTIFIER_CRITICAL:
    case X509_V_ERR_CA_CERT_MISSING_KEY_USAGE: return true;
    default: return false;
    }
}

static bool has_policy_constraints(const struct lab_made *made)
{
    bool has = X509_get_ext_by_NID(made->root, NID_policy_constraints, -1) >= 0;

    for (size_t i = 0; i < made->sent_count; i++)
        has |= X509_get_ext_by_NID(made->sent[i], NID_policy_constraints, -1) >= 0;
    return has;
}

static bool is_gnutls_defended(const struct lab_made *made, const struct lab_chain *chain)
{
    return has_policy_constraints(made) || chain->options & LAB_LEAF_TRUSTED ||
           chain->root.key == LAB_SECP256K1 || chain->intermediate.key == LAB_SECP256K1;
}

/* A difference counts only if Postern accepts. */
static bool report(uint64_t seed, uint64_t number, const struct random_chain *random,
                   const struct lab_made *made, const struct opinions *opinions)
{
    bool is_bad = false;

    if (!opinions->postern)
        return false;
    if (!opinions->strict && !is_strict_defended(opinions)) {
        printf("%" PRIu64 " %" PRIu64 ": strict OpenSSL refuses it: %d %s: %s\n", seed, number,
               opinions->strict_error, X509_verify_cert_error_string(opinions->strict_error), random->text);
        is_bad = true;
    }
    if (!opinions->gnutls && !is_gnutls_defended(made, &random->chain)) {
        printf("%" PRIu64 " %" PRIu64 ": certtool refuses it: %s: %s\n", seed, number, random->text,
               opinions->gnutls_says);
        is_bad = true;
    }
    if (!opinions->curl) {
        printf("%" PRIu64 " %" PRIu64 ": curl refuses it: %s: %s\n", seed, number, random->text,
               opinions->curl_says);
        is_bad = true;
    }
    return is_bad;
}

struct counts {
    unsigned chains, postern, strict, gnutls, curl, bad, stricter;
};

static void compare(uint64_t seed, uint64_t number, struct counts *counts)
{
    struct opinions opinions = {0};
    struct random_chain random;
    struct server_judgement j;
    struct lab_made made;
    SSL_CTX *server;

    random_chain(&random, seed, number);
    lab_make(&made, &random.chain);
    server = lab_server_context(&made);
    SSL_CTX_set_max_proto_version(server, random.version);
    opinions.postern = ask_postern(&made, server, random.chain.wanted, &j);
    ask_strict(&made, random.chain.wanted, &opinions);
    ask_gnutls(&made, random.chain.wanted, &opinions);
    ask_curl(&made, server, random.chain.wanted, &opinions);
    counts->chains++;
    counts->postern += opinions.postern;
    counts->strict += opinions.strict;
    counts->gnutls += opinions.gnutls;
    counts->curl += opinions.curl;
    counts->bad += report(seed, number, &random, &made, &opinions);
    counts->stricter += !opinions.postern && opinions.strict && opinions.gnutls && opinions.curl;
    if (!opinions.postern && opinions.strict && opinions.gnutls && opinions.curl && getenv("CHAINS_STRICTER"))
        printf("%" PRIu64 " %" PRIu64 ": only Postern refuses it: %s: %s\n", seed, number,
               tls_fault_word(tls_fault_worst(j.faults)), random.text);
    SSL_CTX_free(server);
    lab_free(&made);
}

static uint64_t argument(int argc, char **argv, int i, uint64_t otherwise)
{
    return argc > i ? strtoull(argv[i], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    uint64_t count = argument(argc, argv, 1, 200), seed = argument(argc, argv, 2, 1),
             first = argument(argc, argv, 3, 0);
    struct counts counts = {0};

    signal(SIGPIPE, SIG_IGN);
    for (uint64_t i = 0; i < count; i++)
        compare(seed, first + i, &counts);
    printf("%u chains, seed %" PRIu64
           "; accepted by Postern %u, strict OpenSSL %u, certtool %u, curl %u; refused "
           "only by Postern %u; bad %u\n",
           counts.chains, seed, counts.postern, counts.strict, counts.gnutls, counts.curl, counts.stricter,
           counts.bad);
    return counts.bad || counts.postern == 0 || counts.postern == counts.chains;
}
