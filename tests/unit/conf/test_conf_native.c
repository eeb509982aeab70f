#include "tests/unit/conf/fake_files.h"

#include <arpa/inet.h>

#define HEAD "[pop3]\ntls = block\n"

static const char sample[] = "# the sample of the design\n"
                             "[postern]\n"
                             "user = postern\n"
                             "relays = auto\n"
                             "[pop3]\n"
                             "listen = 0.0.0.0:8110 [::]:8110\n"
                             "interception = fixed            # redirect | tproxy | fixed\n"
                             "target = 127.0.0.1:110             # with fixed only\n"
                             "ports = 110 995\t# original destination ports that are accepted\n"
                             "tls = block                         # pass | block\n"
                             "max_sessions = 10\n"
                             "max_sessions_per_client = 20\n"
                             "[scan]\n"
                             "engines = builtin command\n"
                             "[builtin]\n"
                             "database = /var/lib/clamav\n"
                             "[command]\n"
                             "run = /usr/bin/clamscan --no-summary -i\n"
                             "[policy]\n"
                             "infected = delete\n"
                             "failed = refuse\n"
                             "[quarantine]\n"
                             "directory = /srv/q\n"
                             "[notice]\n"
                             "language = fr\n"
                             "subject = [virus] in a message for you:\n";

static void check_sample(const struct conf *conf)
{
    assert_string_equal(conf->postern.user, "postern");
    assert_int_equal(conf->postern.relays, 0);
    assert_int_equal(conf->listeners[PROTOCOL_POP3].listen.n, 2);
    assert_int_equal(conf->listeners[PROTOCOL_POP3].listen.at[0].in.sin_family, AF_INET);
    assert_int_equal(ntohs(conf->listeners[PROTOCOL_POP3].listen.at[0].in.sin_port), 8110);
    assert_int_equal(conf->listeners[PROTOCOL_POP3].listen.at[1].in6.sin6_family, AF_INET6);
    assert_int_equal(conf->listeners[PROTOCOL_POP3].interception, INTERCEPTION_FIXED);
    assert_int_equal(conf->listeners[PROTOCOL_POP3].target.n, 1);
    assert_int_equal(ntohl(conf->listeners[PROTOCOL_POP3].target.at[0].in.sin_addr.s_addr), 0x7f000001);
    assert_int_equal(conf->listeners[PROTOCOL_POP3].ports.n, 2);
    assert_int_equal(conf->listeners[PROTOCOL_POP3].ports.at[1], 995);
    assert_int_equal(conf->listeners[PROTOCOL_POP3].tls, TLS_BLOCK);
    assert_int_equal(conf->listeners[PROTOCOL_POP3].max_sessions, 10);
    assert_int_equal(conf->scan.engines.n, 2);
    assert_int_equal(conf->scan.engines.at[1], ENGINE_COMMAND);
    assert_string_equal(conf->command.run, "/usr/bin/clamscan --no-summary -i");
    assert_int_equal(conf->policy.infected, ACTION_DELETE);
    assert_string_equal(conf->quarantine.directory, "/srv/q");
    assert_string_equal(conf->notice.languages.at[0].name, "fr");
    assert_string_equal(conf->notice.subject, "[virus] in a message for you:");
}

static void reads_the_keys_that_are_fixed(void **state)
{
    struct read_result result = read_text((struct span){sample, sizeof sample - 1});

    assert_int_equal(result.problems.n, 0);
    check_sample(&result.conf);
    result_fini(&result);
}

static void takes_crlf_a_byte_order_mark_and_no_last_newline(void **state)
{
    struct buf text = {0};
    struct read_result result;

    buf_add(&text, SPAN("\xef\xbb\xbf"));
    for (const char *p = sample; *p; p++) {
        if (*p == '\n')
            buf_add_char(&text, '\r');
        buf_add_char(&text, *p);
    }
    text.n -= 2;
    result = read_text(buf_span(&text));
    assert_int_equal(result.problems.n, 0);
    check_sample(&result.conf);
    result_fini(&result);
    buf_fini(&text);
}

static void an_empty_file_has_the_defaults(void **state)
{
    struct read_result result = read_text(SPAN(""));

    assert_int_equal(result.problems.n, 0);
    assert_string_equal(result.conf.postern.user, "postern");
    assert_int_equal(result.conf.scan.engines.at[0], ENGINE_BUILTIN);
    assert_int_equal(result.conf.listeners[PROTOCOL_POP3].message_max_bytes, 512 << 20);
    assert_int_equal(result.conf.scan.deadline_ms, 120000);
    result_fini(&result);
    assert_problems(SPAN("# nothing\n\n   \t\n[pop3]\n"), "");
}

static void reads_comments_and_quotes(void **state)
{
    struct read_result result = read_text(SPAN(HEAD "[notice]\n"
                                                    "subject = \" a # b \\\" \\\\ \\n \"   # c\n"
                                                    "deleted = gone#for good # really\n"
                                                    "template = # none\n"
                                                    "  language=fr\n"
                                                    "[ command ] # blanks\n"
                                                    "name = (=|#)x\n"));

    assert_int_equal(result.problems.n, 0);
    assert_string_equal(result.conf.notice.subject, " a # b \" \\ \\n ");
    assert_string_equal(result.conf.notice.deleted, "gone#for good");
    assert_string_equal(result.conf.notice.template, "");
    assert_string_equal(result.conf.notice.languages.at[0].name, "fr");
    assert_string_equal(result.conf.command.name, "(=|#)x");
    result_fini(&result);
}

static void tells_every_error_in_one_run_with_its_line(void **state)
{
    assert_problems(SPAN(HEAD "listn = 1.2.3.4:5\n"
                              "user = me\n"
                              "zzzzzzzzzz = 1\n"
                              "ports\n"
                              "= 5\n"
                              "[pop]\n"
                              "anything = goes unjudged\n"
                              "[nowhere-near-it]\n"
                              "[pop3\n"
                              "[scan] deadline = 5s\n"
                              "[scan]\n"
                              "engines = none builtin\n"
                              "[policy]\n"
                              "infected = deliver\n"
                              "failed = quarantine\n"
                              "[pop3]\n"
                              "tls = pass\n"
                              "max_sessions = many\n"
                              "[notice]\n"
                              "subject = \"open\n"
                              "deleted = \"a\" b\n"
                              "template = \xff\n"),
                    "f:3: unknown key listn in [pop3]; did you mean listen?\n"
                    "f:4: unknown key user in [pop3]; it belongs in [postern]\n"
                    "f:5: unknown key zzzzzzzzzz in [pop3]\n"
                    "f:6: expected key = value\n"
                    "f:7: expected key = value\n"
                    "f:8: unknown section [pop]; did you mean [pop3]?\n"
                    "f:10: unknown section [nowhere-near-it]\n"
                    "f:11: expected [name] alone on the line\n"
                    "f:12: expected [name] alone on the line\n"
                    "f:16: infected: expected quarantine or delete, got \"deliver\"\n"
                    "f:17: failed: expected refuse or deliver, got \"quarantine\"\n"
                    "f:19: tls was set on line 2 already\n"
                    "f:20: max_sessions: expected a number from 0 to 1000000, got \"many\"\n"
                    "f:22: the closing \" is missing\n"
                    "f:23: only a comment may follow the closing \"\n"
                    "f:24: the line is not UTF-8\n"
                    "f:14: none cannot be combined with other engines\n");
}

static void refuses_control_characters_nuls_and_long_lines(void **state)
{
    struct buf text = {0};

    assert_problems(SPAN(HEAD "[notice]\nsubject = a\0b\ndeleted = a\033[1m\n#\x7f\nlanguage = e\rn\n"),
                    "f:4: control character 0x00 at column 12\n"
                    "f:5: control character 0x1b at column 12\n"
                    "f:6: control character 0x7f at column 2\n"
                    "f:7: control character 0x0d at column 13\n");
    buf_add(&text, SPAN(HEAD "[notice]\nsubject = "));
    for (int i = 0; i < 4096 - 10; i++)
        buf_add_char(&text, 'x');
    assert_problems(buf_span(&text), "");
    buf_add_char(&text, 'x');
    assert_problems(buf_span(&text), "f:4: the line is longer than 4096 bytes\n");
    buf_fini(&text);
}

static void checks_what_settings_mean_together(void **state)
{
    assert_problems(SPAN(HEAD "interception = fixed\n"), "f:3: interception = fixed needs a target\n");
    assert_problems(SPAN(HEAD "target = 192.0.2.1:110\n"),
                    "f:3: target is only valid with interception = fixed\n");
    assert_problems(SPAN(HEAD "interception = tproxy\n"), "");
    assert_problems(SPAN(HEAD "interception = tproxy\n[upstream]\nsource = client\n"), "");
    assert_problems(SPAN(HEAD "[upstream]\nsource = client\n"), "");
    assert_problems(
        SPAN(HEAD "interception = fixed\ntarget = [::1]:1\n[upstream]\nmark=7\nsource = client\n"),
        "f:7: source = client is not valid with interception = fixed\n");
    assert_problems(SPAN(HEAD "interception = fixed\ntarget = [2001:db8::1]:110\n"), "");
    assert_problems(SPAN(HEAD "interception = fixed\ntarget = [::1]:1 127.0.0.1:1\n"),
                    "f:4: target: at most 1 value\n"
                    "f:3: interception = fixed needs a target\n");
    assert_problems(
        SPAN(HEAD
             "[scan]\nengines = clamd builtin\n[clamd]\nsocket = /run/a.ctl 127.0.0.1:3310 [::1]:3310\n"),
        "");
    assert_problems(SPAN(HEAD "[clamd]\nsocket = clamd.ctl\n"),
                    "f:4: socket: expected the absolute path of a socket, or a numeric address with its port "
                    "(127.0.0.1:3310), got \"clamd.ctl\"\n");
    assert_problems(SPAN(HEAD "[clamd]\nsocket = /run/a.ctl /run/a.ctl\n"),
                    "f:4: socket: duplicate value \"/run/a.ctl\"\n");
    assert_problems(SPAN(HEAD "[scan]\nengines = none\n"),
                    "warning: f:4: engines = none: no message is scanned\n");
    assert_problems(SPAN(HEAD "[command]\nclean_codes = 0 1 2\n"),
                    "f: exit code 1 cannot mean both clean and infected\n");
    assert_problems(
        SPAN(HEAD "[policy]\nfailed = deliver\n"),
        "warning: f:4: failed = deliver: while an engine fails, messages are delivered without its verdict\n");
}

static void reads_drop_ins_after_the_whole_file(void **state)
{
    struct fake_files files = {3,
                               {{"f", SPAN("[postern]\ninclude = /d\nuser = a\nrelays = 3\n" HEAD)},
                                {"/d/1.conf", SPAN("[postern]\nuser = b\nreaders = 5\n")},
                                {"/d/2.conf", SPAN("[postern]\nuser = c\n")}}};
    struct read_result result = read_files(&files);

    assert_int_equal(result.problems.n, 0);
    assert_string_equal(result.conf.postern.user, "c");
    assert_int_equal(result.conf.postern.relays, 3);
    assert_int_equal(result.conf.postern.readers, 5);
    result_fini(&result);
}

static void tells_errors_of_drop_ins_by_their_names(void **state)
{
    struct fake_files files = {3,
                               {{"f", SPAN("[postern]\ninclude = /d\n" HEAD)},
                                {"/d/1.conf", SPAN("user = b\nlisten = x\n[pop3]\ninterception = fixed\n")},
                                {"/d/2.conf", SPAN("[postern]\ninclude = /e\nuser = a\nuser = b\n")}}};
    struct read_result result = read_files(&files);
    char *text = problems_text(&result.problems);

    assert_string_equal(text, "/d/1.conf:1: a [section] must precede the first key\n"
                              "/d/2.conf:2: an included file cannot include others\n"
                              "/d/2.conf:4: user was set on line 3 already\n"
                              "/d/1.conf:4: interception = fixed needs a target\n");
    free(text);
    result_fini(&result);
    assert_problems(SPAN(HEAD "[postern]\ninclude = /e\n"), "f:4: include: /e: No such file or directory\n");
    assert_problems(SPAN(HEAD "[postern]\ninclude = e\n"),
                    "f:4: include: expected the absolute path of a directory\n");
    assert_problems(SPAN(HEAD "[postern]\ninclude = /e\ninclude = /f\n"),
                    "f:5: include was set on line 4 already\nf:4: include: /e: No such file or directory\n");
}

static void tells_of_a_file_that_cannot_be_read(void **state)
{
    struct fake_files none = {0, {{"f", SPAN("")}}};
    struct read_result result = read_files(&none);

    assert_false(result.ok);
    assert_int_equal(result.problems.n, 1);
    assert_string_equal(result.problems.at[0].text, "f: No such file or directory");
    assert_string_equal(result.conf.postern.user, "postern");
    result_fini(&result);
}

static void prints_what_it_would_read(void **state)
{
    struct read_result first =
        read_text(SPAN(HEAD "listen = [2001:db8::1]:8110\n[notice]\nsubject = \" # \"\n"
                            "[spool]\nmemory_max = 2M\n"));
    struct buf printed = {0}, again = {0};
    struct read_result second;

    conf_print(&first.conf, false, &printed);
    assert_string_equal(buf_c_str(&printed), "[pop3]\nlisten = [2001:db8::1]:8110\ntls = block\n\n"
                                             "[spool]\nmemory_max = 2M\n\n[notice]\nsubject = \" # \"\n");
    buf_clear(&printed);
    conf_print(&first.conf, true, &printed);
    second = read_text(buf_span(&printed));
    assert_int_equal(second.problems.n, 0);
    conf_print(&second.conf, true, &again);
    assert_true(span_eq(buf_span(&printed), buf_span(&again)));
    result_fini(&first);
    result_fini(&second);
    buf_fini(&printed);
    buf_fini(&again);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* Draws bytes with a meaning more often than others. */
static char random_byte(uint32_t *seed)
{
    static const char likely[] = "[]=#\"\\ \t\r\n019.:akMs";
    uint32_t draw = next_random(seed);

    return draw & 1 ? likely[(draw >> 1) % (sizeof likely - 1)] : (char)(draw >> 1);
}

/* For any input: no crash, no over-read, and a text read without errors prints and reads back. */
static void read_any(struct span text)
{
    struct read_result result = read_text(text), again;
    struct buf printed = {0};

    if (result.ok) {
        conf_print(&result.conf, true, &printed);
        again = read_text(buf_span(&printed));
        assert_true(again.ok);
        result_fini(&again);
    }
    buf_fini(&printed);
    result_fini(&result);
}

static void survives_ten_thousand_mutations_of_the_sample(void **state)
{
    uint32_t seed = 1;

    for (int round = 0; round < 10000; round++) {
        char *text = mem_copy_string((struct span){sample, sizeof sample - 1});
        size_t n = sizeof sample - 1 - next_random(&seed) % 4;

        for (uint32_t changes = next_random(&seed) % 8; changes; changes--)
            text[next_random(&seed) % n] = random_byte(&seed);
        read_any((struct span){text, n});
        free(text);
    }
}

static void survives_random_bytes(void **state)
{
    uint32_t seed = 2;

    for (int round = 0; round < 3000; round++) {
        size_t n = next_random(&seed) % 400;
        char *text = mem_grow(NULL, n, 1);

        for (size_t i = 0; i < n; i++)
            text[i] = random_byte(&seed);
        if (n && round % 2)
            text[0] = '[';
        read_any((struct span){text, n});
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_keys_that_are_fixed),
        cmocka_unit_test(takes_crlf_a_byte_order_mark_and_no_last_newline),
        cmocka_unit_test(an_empty_file_has_the_defaults),
        cmocka_unit_test(reads_comments_and_quotes),
        cmocka_unit_test(tells_every_error_in_one_run_with_its_line),
        cmocka_unit_test(refuses_control_characters_nuls_and_long_lines),
        cmocka_unit_test(checks_what_settings_mean_together),
        cmocka_unit_test(reads_drop_ins_after_the_whole_file),
        cmocka_unit_test(tells_errors_of_drop_ins_by_their_names),
        cmocka_unit_test(tells_of_a_file_that_cannot_be_read),
        cmocka_unit_test(prints_what_it_would_read),
        cmocka_unit_test(survives_ten_thousand_mutations_of_the_sample),
        cmocka_unit_test(survives_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
