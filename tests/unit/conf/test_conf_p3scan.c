#include "tests/unit/conf/article.h"
#include "tests/unit/conf/fake_files.h"

#include "base/pattern.h"

#include <arpa/inet.h>

static void check_article(const struct conf *conf)
{
    assert_string_equal(conf->postern.pid_file, "/var/run/p3scan/p3scan.pid");
    assert_int_equal(conf->listeners[PROTOCOL_POP3].max_sessions, 10);
    assert_int_equal(conf->listeners[PROTOCOL_POP3].listen.n, 1);
    assert_int_equal(conf->listeners[PROTOCOL_POP3].listen.at[0].in.sin_family, AF_INET);
    assert_int_equal(conf->listeners[PROTOCOL_POP3].listen.at[0].in.sin_addr.s_addr, 0);
    assert_int_equal(ntohs(conf->listeners[PROTOCOL_POP3].listen.at[0].in.sin_port), 8110);
    assert_int_equal(conf->listeners[PROTOCOL_POP3].interception, INTERCEPTION_REDIRECT);
    assert_int_equal(conf->listeners[PROTOCOL_POP3].target.n, 0);
    assert_int_equal(conf->listeners[PROTOCOL_POP3].tls, TLS_BLOCK);
    assert_false(conf->pop3.top);
    assert_string_equal(conf->postern.user, "p3scan");
    assert_string_equal(conf->spool.directory, "/var/spool/p3scan/notify");
    assert_string_equal(conf->quarantine.directory, "/var/spool/p3scan");
    assert_int_equal(conf->scan.engines.n, 1);
    assert_int_equal(conf->scan.engines.at[0], ENGINE_COMMAND);
    assert_string_equal(conf->command.run, "/usr/bin/clamscan --no-summary -i");
    assert_string_equal(conf->command.name, ".*: (.*) FOUND");
    assert_int_equal(conf->command.name_group, 1);
    assert_true(conf->command.name_ungreedy);
    assert_int_equal(conf->command.clean_codes.n, 1);
    assert_int_equal(conf->command.infected_codes.at[0], 1);
    assert_string_equal(conf->notice.template, "/etc/p3scan/p3scan-fr.mail");
    assert_string_equal(conf->notice.languages.at[0].name, "fr");
    assert_string_equal(conf->notice.subject, "[virus] dans un message pour vous:");
    assert_string_equal(conf->notice.deleted,
                        "Pour information, le message a \303\251t\303\251 d\303\251truit.");
}

static void reads_the_file_of_the_article_without_a_word(void **state)
{
    struct read_result result = read_text((struct span){article, sizeof article - 1});

    assert_int_equal(result.problems.n, 0);
    check_article(&result.conf);
    assert_int_equal(result.conf.policy.infected, ACTION_DELETE);
    result_fini(&result);
}

static void keeps_the_original_without_justdelete(void **state)
{
    char *text = mem_copy_string((struct span){article, sizeof article - 1});
    struct read_result result;

    memcpy(strstr(text, "justdelete"), "#ustdelete", 10);
    result = read_text(span_of(text));
    assert_int_equal(result.problems.n, 0);
    check_article(&result.conf);
    assert_int_equal(result.conf.policy.infected, ACTION_QUARANTINE);
    result_fini(&result);
    free(text);
}

static void reads_iso_8859_1_and_crlf(void **state)
{
    struct read_result result =
        read_text(SPAN("notify = d\351truit \237\r\nsubject = \303\251t\303\251 # 1\r\n"));

    assert_int_equal(result.problems.n, 0);
    assert_string_equal(result.conf.notice.deleted, "d\303\251truit ?");
    assert_string_equal(result.conf.notice.subject, "\303\251t\303\251 # 1");
    result_fini(&result);
}

static void takes_keys_without_an_equals_sign_and_any_blanks(void **state)
{
    struct read_result result =
        read_text(SPAN("  maxchilds 7\nport=2110\nuser\t=\tmail\nip   127.0.0.1\n"
                       "subject a = b\ndelete\nenabletop\ntimeout 20\nscanner /bin/s -x\n"));

    assert_int_equal(result.problems.n, 0);
    assert_int_equal(result.conf.listeners[PROTOCOL_POP3].max_sessions, 7);
    assert_int_equal(ntohs(result.conf.listeners[PROTOCOL_POP3].listen.at[0].in.sin_port), 2110);
    assert_int_equal(ntohl(result.conf.listeners[PROTOCOL_POP3].listen.at[0].in.sin_addr.s_addr), 0x7f000001);
    assert_string_equal(result.conf.postern.user, "mail");
    assert_string_equal(result.conf.notice.subject, "a = b");
    assert_int_equal(result.conf.policy.infected, ACTION_DELETE);
    assert_true(result.conf.pop3.top);
    assert_int_equal(result.conf.listeners[PROTOCOL_POP3].patience_ms, 20000);
    assert_int_equal(result.conf.scan.engines.at[0], ENGINE_COMMAND);
    assert_string_equal(result.conf.command.run, "/bin/s -x");
    result_fini(&result);
}

static void skips_comments_of_every_kind(void **state)
{
    struct read_result result =
        read_text(SPAN("####\n\n/*\n * port = 1\nmaxchilds = 1\n*/ port = 2\n; port = 3\n// port = 4\n"
                       "/* a */\nport = 5110 # not a comment\n"));

    assert_int_equal(result.problems.n, 1);
    assert_non_null(strstr(result.problems.at[0].text, "f:10: ip and port: "));
    assert_int_equal(result.conf.listeners[PROTOCOL_POP3].max_sessions, 10000);
    result_fini(&result);
    assert_problems(SPAN("quiet\n/* no end\nport = 1\n"), "f:2: the comment that begins here has no end\n");
    assert_problems(SPAN("/*/\nzzzzzzzzz\n*/\n"), "");
}

static void a_target_address_means_fixed(void **state)
{
    struct read_result result = read_text(SPAN("targetip = 192.0.2.7\ntargetport = 1110\n"));

    assert_int_equal(result.problems.n, 0);
    assert_int_equal(result.conf.listeners[PROTOCOL_POP3].interception, INTERCEPTION_FIXED);
    assert_int_equal(ntohl(result.conf.listeners[PROTOCOL_POP3].target.at[0].in.sin_addr.s_addr), 0xc0000207);
    assert_int_equal(ntohs(result.conf.listeners[PROTOCOL_POP3].target.at[0].in.sin_port), 1110);
    result_fini(&result);

    result = read_text(SPAN("targetip = 0.0.0.0\ntargetport = 8110\n"));
    assert_int_equal(result.problems.n, 0);
    assert_int_equal(result.conf.listeners[PROTOCOL_POP3].interception, INTERCEPTION_REDIRECT);
    result_fini(&result);
}

static void scanner_types_are_engines(void **state)
{
    struct read_result result = read_text(SPAN("scannertype = clamav\nscanner = ignored\n"));

    assert_int_equal(result.problems.n, 0);
    assert_int_equal(result.conf.scan.engines.at[0], ENGINE_BUILTIN);
    result_fini(&result);
    result = read_text(SPAN("port = 1\n"));
    assert_int_equal(result.conf.scan.engines.at[0], ENGINE_BUILTIN);
    result_fini(&result);
    result = read_text(SPAN("port = 1\nscannertype = clamd\nscanner = 127.0.0.2:3310\n"));
    assert_int_equal(result.problems.n, 0);
    assert_int_equal(result.conf.scan.engines.at[0], ENGINE_CLAMD);
    assert_int_equal(ntohl(result.conf.clamd.socket.at[0].in.sin_addr.s_addr), 0x7f000002);
    result_fini(&result);
    result = read_text(SPAN("scannertype = clamd\n"));
    assert_int_equal(result.problems.n, 0);
    assert_int_equal(ntohs(result.conf.clamd.socket.at[0].in.sin_port), 3310);
    result_fini(&result);
    assert_problems(
        SPAN("scannertype = trophie\n"),
        "f:1: scannertype trophie is not supported: basic runs a program for each message, clamav is the "
        "built-in engine\n");
    assert_problems(SPAN("scannertype = basic\n"), "f:1: scannertype basic needs a scanner\n");
    assert_problems(SPAN("scannertype = basic\n\nscanner = clamscan\n"),
                    "f:3: scanner: expected the absolute path of a program, with its arguments, got "
                    "\"clamscan\"\n");
}

/* Other files it refers to: clamd's configuration. */
static void check_clamdscan(const char *scanner, const char *path, const char *clamd, const char *socket)
{
    struct buf text = {0}, printed = {0};
    struct fake_files files = {2, {{"f", {0}}, {path, {clamd, strlen(clamd)}}}};
    struct read_result result;

    buf_add_format(&text, "scannertype = basic\nscanner = %s\nviruscode = 1\n", scanner);
    files.at[0].text = buf_span(&text);
    result = read_files(&files);
    assert_true(result.ok);
    assert_int_equal(result.problems.n, 1);
    assert_non_null(strstr(result.problems.at[0].text, "is read as engine clamd"));
    assert_int_equal(result.conf.scan.engines.at[0], ENGINE_CLAMD);
    conf_print(&result.conf, true, &printed);
    assert_non_null(strstr(buf_c_str(&printed), socket));
    result_fini(&result);
    buf_fini(&text);
    buf_fini(&printed);
}

static void clamdscan_is_engine_clamd(void **state)
{
    static const char debian[] = "/etc/clamav/clamd.conf";

    check_clamdscan("/usr/bin/clamdscan --no-summary", debian, "# LocalSocket /no\nLocalSocket /run/a.sock\n",
                    "socket = /run/a.sock\n");
    check_clamdscan("/usr/bin/clamdscan - <", debian,
                    "LocalSocketMode 666\nTCPSocket 3311\nTCPAddr 127.0.0.2\n", "socket = 127.0.0.2:3311\n");
    check_clamdscan("/usr/bin/clamdscan", debian, "TCPSocket 3310", "socket = 127.0.0.1:3310\n");
    check_clamdscan("/opt/bin/clamdscan --config-file=/c --fdpass", "/c", "LocalSocket\t/b.sock",
                    "socket = /b.sock\n");
    check_clamdscan("/opt/bin/clamdscan -c /c", "/c", "LocalSocket /b.sock\r\n", "socket = /b.sock\n");
    check_clamdscan("/usr/bin/clamdscan", "/none", "", "socket = /run/clamav/clamd.ctl\n");
}

static void codes_are_lists(void **state)
{
    struct read_result result = read_text(SPAN("viruscode = 1,2, 13\ngoodcode 10 11\n"));

    assert_int_equal(result.problems.n, 0);
    assert_int_equal(result.conf.command.infected_codes.n, 3);
    assert_int_equal(result.conf.command.infected_codes.at[2], 13);
    assert_int_equal(result.conf.command.clean_codes.n, 3);
    assert_int_equal(result.conf.command.clean_codes.at[0], 0);
    assert_int_equal(result.conf.command.clean_codes.at[2], 11);
    result_fini(&result);
    assert_problems(SPAN("viruscode = 10\ngoodcode = 10\n"),
                    "f:1: exit code 10 cannot mean both clean and infected\n");
}

/* Asserts which name the file's pattern finds in a line. */
static void assert_found(const char *file, const char *line, const char *name)
{
    struct read_result result = read_text(span_of(file));
    struct buf error = {0};
    struct pattern *pattern;
    struct span found;

    assert_int_equal(result.problems.n, 0);
    pattern = pattern_new(span_of(result.conf.command.name), result.conf.command.name_group,
                          result.conf.command.name_ungreedy, &error);
    assert_non_null(pattern);
    assert_int_equal(pattern_match(pattern, span_of(line), &found), PATTERN_YES);
    assert_true(span_eq(found, span_of(name)));
    pattern_free(&pattern);
    buf_fini(&error);
    result_fini(&result);
}

static void the_pattern_is_ungreedy_and_its_suffix_picks_the_group(void **state)
{
    assert_found("virusregexp = .*: (.*) FOUND\n", "/proc/self/fd/9: Eicar-Signature FOUND",
                 "Eicar-Signature");
    assert_found("virusregexp = .*: (.*) FOUND\n", "a: b FOUND: c FOUND", "b");
    assert_found("virusregexp = Found (the|:) (.*) virus/2\n", "Found the Bad virus and a virus", "Bad");
    assert_found("virusregexp = (a) (b)/0\n", "x a b", "a b");
    assert_found("virusregexp = a/(b)\n", "a/b", "b");
    assert_problems(SPAN("ip 127.0.0.1\nvirusregexp = a/2\n"),
                    "f:2: pattern for virus names: the pattern has no group 2\n");
}

static void the_timeout_is_patience_in_seconds(void **state)
{
    struct read_result result = read_text(SPAN("timeout = 30\n"));

    assert_int_equal(result.problems.n, 0);
    assert_int_equal(result.conf.listeners[PROTOCOL_POP3].patience_ms, 30000);
    result_fini(&result);
    assert_problems(SPAN("timeout = soon\n"), "f:1: timeout needs a number of seconds\n");
    assert_problems(
        SPAN("timeout = 9999\n"),
        "f:1: timeout: expected a duration (with ms, s, m, h or d) from 100ms to 1h, got \"9999s\"\n");
}

static void free_space_is_in_kilobytes(void **state)
{
    struct read_result result = read_text(SPAN("bytesfree = 10000\n"));

    assert_int_equal(result.problems.n, 0);
    assert_int_equal(result.conf.spool.min_free_bytes, 10000 * 1024);
    result_fini(&result);
    result = read_text(SPAN("freespace 1\n"));
    assert_int_equal(result.conf.spool.min_free_bytes, 1024);
    result_fini(&result);
    assert_problems(SPAN("freespace = 10M\n"), "f:1: freespace needs a number of kilobytes\n");
}

static void debug_and_quiet_are_log_levels(void **state)
{
    struct read_result result = read_text(SPAN("quiet\n"));

    assert_int_equal(result.conf.postern.log_level, LOG_LEVEL_WARNING);
    result_fini(&result);
    result = read_text(SPAN("debug\nquiet\n"));
    assert_int_equal(result.conf.postern.log_level, LOG_LEVEL_DEBUG);
    result_fini(&result);
}

static void keys_whose_purpose_has_gone_are_warned_of(void **state)
{
    static const char *const gone[] = {"broken",
                                       "useurl",
                                       "authuser",
                                       "emailport = 25",
                                       "smtpport = 25",
                                       "sslport 995",
                                       "imapport = 143",
                                       "extra = root@localhost",
                                       "extrapgm = /bin/x",
                                       "xmail = /bin/mail",
                                       "emergcon = root",
                                       "demime",
                                       "renattach = /usr/bin/renattach",
                                       "overwrite = /bin/p3pmail",
                                       "parsehtml = /bin/p3pmail",
                                       "altvnmsg",
                                       "smtprset = no",
                                       "checksize = 1",
                                       "smtpsize = 1",
                                       "skipsize = 1",
                                       "footer = /bin/x",
                                       "userlist = /etc/x",
                                       "blackshort",
                                       "blacksubj = x",
                                       "cleankill",
                                       "noeom",
                                       "nospampipe",
                                       "logopt = 1",
                                       "logfac = 2",
                                       "debug-imap",
                                       "debug-memory",
                                       "debug-message",
                                       "debug-scanning",
                                       "debug-smtp",
                                       "configfile = x",
                                       "version",
                                       "help",
                                       "checkspam",
                                       "spamcheck = /usr/bin/spamc",
                                       "ispspam = -- Spam --"};

    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++) {
        struct read_result result = read_text(span_of(gone[i]));

        assert_true(result.ok);
        assert_int_equal(result.problems.n, 1);
        assert_non_null(strstr(result.problems.at[0].text, " has no effect: "));
        assert_null(strstr(result.problems.at[0].text, "unknown"));
        result_fini(&result);
    }
}

static void unknown_keys_are_warnings(void **state)
{
    assert_problems(
        SPAN("prot = 8110\nzzzzzz 1\nlisten = 127.0.0.1:110\njustdelete = no\n"),
        "warning: f:1: unknown key prot; did you mean port?\n"
        "warning: f:2: unknown key zzzzzz\n"
        "warning: f:3: unknown key listen: it is a key of [pop3] in Postern's own format, which begins with "
        "a [section]\n"
        "warning: f:4: justdelete is on if it is present; its value is ignored\n");
}

static void a_section_behind_keys_is_an_error(void **state)
{
    assert_problems(
        SPAN("# a native file whose first line was lost\nlisten = 127.0.0.1:110\n[scan]\n"),
        "warning: f:2: unknown key listen: it is a key of [pop3] in Postern's own format, which begins with "
        "a [section]\n"
        "f:3: [section] found after keys outside any section. P3Scan files have no sections; a Postern file "
        "must begin with one.\n");
}

static void values_out_of_range_are_errors(void **state)
{
    assert_problems(
        SPAN("maxchilds = many\nport = pop3\nnotifydir = x\npidfile\nvirusdir = \n"),
        "f:1: maxchilds: expected a number from 0 to 1000000, got \"many\"\n"
        "f:3: notifydir: expected an absolute path, got \"x\"\n"
        "f:4: pidfile needs a value\n"
        "f:5: virusdir needs a value\n"
        "f:2: ip and port: expected a numeric address with its port (192.0.2.1:110 or [2001:db8::1]:110), "
        "got \"0.0.0.0:pop3\"\n");
}

static void survives_mutations_of_the_article(void **state)
{
    uint32_t seed = 3;

    for (int round = 0; round < 10000; round++) {
        char *text = mem_copy_string((struct span){article, sizeof article - 1});
        size_t n = sizeof article - 1;
        struct read_result result;

        for (int change = 0; change < 6; change++) {
            seed = seed * 1664525 + 1013904223;
            text[(seed >> 8) % n] = seed & 64 ? "=/ \n#(*)0"[(seed >> 16) % 9] : (char)(seed >> 24);
        }
        result = read_text((struct span){text, n});
        result_fini(&result);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_file_of_the_article_without_a_word),
        cmocka_unit_test(keeps_the_original_without_justdelete),
        cmocka_unit_test(reads_iso_8859_1_and_crlf),
        cmocka_unit_test(takes_keys_without_an_equals_sign_and_any_blanks),
        cmocka_unit_test(skips_comments_of_every_kind),
        cmocka_unit_test(a_target_address_means_fixed),
        cmocka_unit_test(scanner_types_are_engines),
        cmocka_unit_test(clamdscan_is_engine_clamd),
        cmocka_unit_test(codes_are_lists),
        cmocka_unit_test(the_pattern_is_ungreedy_and_its_suffix_picks_the_group),
        cmocka_unit_test(the_timeout_is_patience_in_seconds),
        cmocka_unit_test(free_space_is_in_kilobytes),
        cmocka_unit_test(debug_and_quiet_are_log_levels),
        cmocka_unit_test(keys_whose_purpose_has_gone_are_warned_of),
        cmocka_unit_test(unknown_keys_are_warnings),
        cmocka_unit_test(a_section_behind_keys_is_an_error),
        cmocka_unit_test(values_out_of_range_are_errors),
        cmocka_unit_test(survives_mutations_of_the_article),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
