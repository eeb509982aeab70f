#include "tests/unit/x509/chain_lab.h"

#include <errno.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <seccomp.h>
#include <unistd.h>
#include <cmocka.h>

static struct server_trust *try_trust(const struct conf_tls *conf, const char *error_part)
{
    struct buf error = {0};
    struct server_trust *trust = server_trust_new(conf, &error);

    assert_int_equal(trust == NULL, error_part != NULL);
    if (error_part)
        assert_non_null(strstr(buf_c_str(&error), error_part));
    buf_fini(&error);
    return trust;
}

static void write_file(const char *path, struct span bytes)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes.p, 1, bytes.n, file), bytes.n);
    fclose(file);
}

static void loads_the_bundle_the_directory_and_the_lists(void **state)
{
    static const struct lab_chain chain = {.options = LAB_CRL};
    struct lab_made made;
    struct server_trust *trust;

    lab_make(&made, &chain);
    made.conf.extra_trust = made.directory; /* it has the bundle and the lists, too */
    trust = try_trust(&made.conf, NULL);
    assert_true(server_trust_root_count(trust) >= 1);
    assert_true(server_trust_crl_count(trust) >= 2);
    server_trust_free(&trust);
    assert_null(trust);
    lab_free(&made);
}

static void reads_der_files(void **state)
{
    static const struct lab_chain chain;
    struct lab_made made;
    struct server_trust *trust;
    unsigned char *der = NULL;
    int n;

    lab_make(&made, &chain);
    n = i2d_X509(made.root, &der);
    write_file(made.trust, (struct span){(const char *)der, (size_t)n});
    trust = try_trust(&made.conf, NULL);
    assert_int_equal(server_trust_root_count(trust), 1);
    server_trust_free(&trust);
    OPENSSL_free(der);
    lab_free(&made);
}

static void reports_what_cannot_be_used(void **state)
{
    static char missing[] = "/nonexistent/file", nowhere[] = "/nonexistent";
    static const struct lab_chain chain;
    struct lab_made made;
    struct conf_tls conf;

    lab_make(&made, &chain);
    conf = made.conf;
    conf.trust = missing;
    try_trust(&conf, "/nonexistent/file: No such file");
    conf = made.conf;
    conf.extra_trust = nowhere;
    try_trust(&conf, "/nonexistent: No such file");
    conf = made.conf;
    conf.crl = nowhere;
    try_trust(&conf, "/nonexistent: No such file");
    write_file(made.trust, SPAN("no certificate\n"));
    try_trust(&made.conf, "neither certificates nor revocation lists");
    write_file(made.trust, SPAN("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
    try_trust(&made.conf, "neither certificates nor revocation lists");
    write_file(made.trust, SPAN(""));
    try_trust(&made.conf, "neither certificates nor revocation lists");
    lab_free(&made);
}

/* From here on, a file that is opened ends the process. */
static void forbid_files(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

    seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(open), 0);
    seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(openat), 0);
    seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(openat2), 0);
    if (seccomp_load(filter) != 0)
        _exit(2);
    seccomp_release(filter);
}

static const struct lab_chain expired_chain = {.leaf = {.from_h = -48, .to_h = -24},
                                               .options = LAB_STAPLE_GOOD | LAB_CRL};

/* Makes the chain, sends the paths of its files, and then is its server. */
static int serve(int fd)
{
    struct lab_made made;
    SSL *ssl;
    char byte;

    lab_make(&made, &expired_chain);
    if (write(fd, &made.conf, sizeof made.conf) != sizeof made.conf ||
        write(fd, made.trust, sizeof made.trust) != sizeof made.trust ||
        write(fd, made.directory, sizeof made.directory) != sizeof made.directory)
        return 3;
    ssl = SSL_new(lab_server_context(&made));
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1)
        SSL_read(ssl, &byte, 1);
    lab_free(&made);
    return 0;
}

/* Runs in a process in which OpenSSL has not been used before. */
static int judge_without_files(int fd)
{
    static char none[] = "";
    static char path[sizeof((struct lab_made *)0)->trust], directory[sizeof((struct lab_made *)0)->directory];
    struct conf_tls conf;
    union inet_address address = lab_address("192.0.2.1", 995);
    struct buf error = {0};
    struct server_trust *trust;
    struct server_judgement j;
    SSL *ssl;

    if (recv(fd, &conf, sizeof conf, MSG_WAITALL) != sizeof conf ||
        recv(fd, path, sizeof path, MSG_WAITALL) != sizeof path ||
        recv(fd, directory, sizeof directory, MSG_WAITALL) != sizeof directory)
        return 4;
    conf.trust = path;
    conf.crl = directory;
    conf.extra_trust = conf.bypass = none;
    trust = server_trust_new(&conf, &error);
    if (!trust)
        return 5;
    ssl = SSL_new(server_trust_context(trust));
    SSL_set_fd(ssl, fd);
    forbid_files();
    server_judgement_begin(ssl, &j, "pop.example.org", &address);
    SSL_connect(ssl);
    server_judgement_end(ssl, &j);
    return j.faults == tls_fault_bit(TLS_EXPIRED) ? 0 : 1;
}

static pid_t start(int (*run)(int fd), int fd, int other)
{
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        close(other);
        signal(SIGPIPE, SIG_IGN);
        _exit(run(fd));
    }
    return child;
}

static void opens_no_file_after_it_was_made(void **state)
{
    int fds[2], status[2] = {-1, -1};
    pid_t children[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    children[0] = start(serve, fds[0], fds[1]);
    children[1] = start(judge_without_files, fds[1], fds[0]);
    close(fds[0]);
    close(fds[1]);
    for (int i = 0; i < 2; i++)
        assert_int_equal(waitpid(children[i], &status[i], 0), children[i]);
    assert_int_equal(status[1], 0);
    assert_int_equal(status[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_no_file_after_it_was_made),
        cmocka_unit_test(loads_the_bundle_the_directory_and_the_lists),
        cmocka_unit_test(reads_der_files),
        cmocka_unit_test(reports_what_cannot_be_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
