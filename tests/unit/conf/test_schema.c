#include "tests/unit/conf/one_value.h"

static void every_default_is_valid_and_prints_as_it_stands(void **state)
{
    struct conf conf;

    conf_set_defaults(&conf);
    for (size_t i = 0; i < schema_count(); i++) {
        assert_true(value_is_default(schema_at(i), &conf));
        assert_int_equal(schema_index(schema_at(i)), i);
    }
    conf_fini(&conf);
}

static void no_key_stands_twice_and_sections_stand_together(void **state)
{
    for (size_t i = 0; i < schema_count(); i++) {
        const struct setting *setting = schema_at(i);

        assert_ptr_equal(schema_find(span_of(setting->section), span_of(setting->key)), setting);
        assert_true(strlen(setting->prose) > 10);
        assert_int_equal(setting->prose[strlen(setting->prose) - 1], '.');
        for (size_t j = i + 1; j < schema_count(); j++) {
            assert_int_not_equal(schema_at(j)->offset, setting->offset);
            if (strcmp(schema_at(j)->section, setting->section) == 0)
                assert_string_equal(schema_at(j - 1)->section, setting->section);
        }
    }
}

/* The numbers of the choices are those of the enum, so that no word has another's meaning. */
static void choices_mean_what_they_say(void **state)
{
    struct read_result result =
        read_text(SPAN("[pop3]\ntls = block\n[policy]\ninfected = delete\nencrypted = refuse\n"
                       "limits = deliver\nmalformed = refuse\nunsupported = quarantine\npartial = "
                       "refuse\nambiguous = quarantine\n"
                       "engine = refuse\nfailed = deliver\n[postern]\nlog_level = error\n"));

    assert_true(result.ok);
    assert_int_equal(result.conf.listeners[PROTOCOL_POP3].tls, TLS_BLOCK);
    assert_int_equal(result.conf.policy.infected, ACTION_DELETE);
    assert_int_equal(result.conf.policy.encrypted, ACTION_REFUSE);
    assert_int_equal(result.conf.policy.limits, ACTION_DELIVER);
    assert_int_equal(result.conf.policy.malformed, ACTION_REFUSE);
    assert_int_equal(result.conf.policy.unsupported, ACTION_QUARANTINE);
    assert_int_equal(result.conf.policy.partial, ACTION_REFUSE);
    assert_int_equal(result.conf.policy.ambiguous, ACTION_QUARANTINE);
    assert_int_equal(result.conf.policy.engine, ACTION_REFUSE);
    assert_int_equal(result.conf.policy.failed, ACTION_DELIVER);
    assert_int_equal(result.conf.postern.log_level, LOG_LEVEL_ERROR);
    result_fini(&result);
}

static void numbers_have_ranges(void **state)
{
    assert_value("postern", "readers", "1", "1");
    assert_value("postern", "readers", "064", "64");
    assert_refused("postern", "readers", "a number from 1 to 64", "0", "65", "-1", "+1", "",
                   "18446744073709551617");
    assert_value("postern", "relays", "auto", "auto");
    assert_value("postern", "relays", "4", "4");
    assert_refused("postern", "relays", "a number from 1 to 256, or auto", "0");
}

static void marks_are_hexadecimal_or_not(void **state)
{
    assert_value("upstream", "mark", "none", "none");
    assert_value("upstream", "mark", "0x6e", "0x6e");
    assert_value("upstream", "mark", "0X6E00", "0x6e00");
    assert_value("upstream", "mark", "110", "0x6e");
    assert_value("upstream", "mark", "0xffffffff", "0xffffffff");
    assert_refused("upstream", "mark", "a mark (0x1 to 0xffffffff), or none", "0x100000000",
                   "0x10000000000000001", "0", "0x", "6e", "0x6g", "");
}

static void sizes_have_units(void **state)
{
    assert_value("pop3", "message_max", "1024", "1K");
    assert_value("pop3", "message_max", "1500", "1500");
    assert_value("pop3", "message_max", "3 M", "3M");
    assert_value("pop3", "message_max", "64G", "64G");
    assert_value("spool", "memory_max", "0", "0");
    assert_refused("pop3", "message_max", "a size (bytes, or with K, M, G) from 1K to 64G", "65G",
                   "99999999999999999G", "1k", "M");
}

static void durations_have_units(void **state)
{
    assert_value("scan", "deadline", "100ms", "100ms");
    assert_value("scan", "deadline", "90s", "90s");
    assert_value("scan", "deadline", "120s", "2m");
    assert_value("scan", "deadline", "1h", "1h");
    assert_refused("scan", "deadline", "a duration (with ms, s, m, h or d) from 100ms to 1h", "90", "61m");
}

/* Some servers log a client out after 60 s, and measure that in steps of several seconds. */
static void a_server_hears_from_us_twice_a_minute(void **state)
{
    struct conf conf;

    conf_set_defaults(&conf);
    assert_in_range(conf.listeners[PROTOCOL_POP3].keep_alive_ms, 1000, 25000);
    conf_fini(&conf);
}

static void flags_are_yes_or_no(void **state)
{
    assert_value("pop3", "top", "no", "no");
    assert_value("pop3", "top", "yes", "yes");
    assert_refused("pop3", "top", "yes or no", "true");
}

static void addresses_are_numeric_and_have_ports(void **state)
{
    static const char *const wrong[] = {"192.0.2.1",
                                        "192.0.2.1:",
                                        "192.0.2.1:0",
                                        "192.0.2.1:65536",
                                        "mail.example:110",
                                        ":110",
                                        "::1:110",
                                        "[::1]",
                                        "[::1]110",
                                        "[192.0.2.1]:1",
                                        "[]:1",
                                        "[:1",
                                        "192.0.2.256:1",
                                        "[fe80::1%eth0]:1",
                                        "*:110",
                                        "[1:2:3:4:5:6:7:8:9:a:b:c:d:e]:1"};

    assert_value("pop3", "listen", "127.0.0.1:1   [2001:DB8:0::1]:65535", "127.0.0.1:1 [2001:db8::1]:65535");
    assert_value("pop3", "target", "", "");
    assert_refused("pop3", "listen", "a numeric address with its port (192.0.2.1:110 or [2001:db8::1]:110)",
                   "");
    assert_value("pop3", "listen", "[::]:1 [::0]:1", "(duplicate value \"[::0]:1\")");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char *found = try("pop3", "listen", wrong[i]);

        assert_non_null(strstr(
            found, "(expected a numeric address with its port (192.0.2.1:110 or [2001:db8::1]:110), got "));
        free(found);
    }
}

static void lists_are_bounded(void **state)
{
    struct buf many = {0};

    assert_value("pop3", "ports", "110  1110 65535", "110 1110 65535");
    assert_refused("pop3", "ports", "a number from 1 to 65535", "0", "");
    assert_value("pop3", "ports", "110 110", "(duplicate value \"110\")");
    for (int i = 1; i <= CONF_LIST_MAX + 1; i++)
        buf_add_format(&many, "%d ", i);
    assert_value("pop3", "ports", buf_c_str(&many), "(at most 16 values)");
    buf_clear(&many);
    for (int i = 1; i <= CONF_LIST_MAX + 1; i++)
        buf_add_format(&many, "127.0.0.1:%d ", i);
    assert_value("pop3", "listen", buf_c_str(&many), "(at most 16 values)");
    assert_value("command", "infected_codes", "1 255", "1 255");
    assert_refused("command", "infected_codes", "a number from 0 to 255", "256");
    buf_fini(&many);
}

static void engines_are_known_and_stand_once(void **state)
{
    assert_value("scan", "engines", "command  builtin", "command builtin");
    assert_refused("scan", "engines", "builtin, clamd, command or none", "clamav", "");
    assert_value("scan", "engines", "none none", "(duplicate value \"none\")");
}

static void languages_are_one_and_then_some_for_networks(void **state)
{
#define WANTED                                                                                          \
    "(expected a name (letters, digits, - _ .), then none or more of NETWORK:NAME (192.0.2.0/24:fr or " \
    "2001:db8::/32:de), got "
    assert_value("notice", "language", "pt_BR.x-1", "pt_BR.x-1");
    assert_value("notice", "language", " en  192.168.2.0/24:fr 2001:DB8:7::/64:de 192.0.2.1:en",
                 "en 192.168.2.0/24:fr 2001:db8:7::/64:de 192.0.2.1/32:en");
    assert_value("notice", "language", "", WANTED "\"\")");
    assert_value("notice", "language", "../en", WANTED "\"../en\")");
    assert_value("notice", "language", "en fr", WANTED "\"fr\")");
    assert_value("notice", "language", "192.168.2.0/24:fr", WANTED "\"192.168.2.0/24:fr\")");
    assert_value("notice", "language", "en 192.168.2.1/24:fr", WANTED "\"192.168.2.1/24:fr\")");
    assert_value("notice", "language", "en 192.168.2.0/24:../fr", WANTED "\"192.168.2.0/24:../fr\")");
    assert_value("notice", "language", "en 192.168.2.0/24:", WANTED "\"192.168.2.0/24:\")");
    assert_value("notice", "language", "en :fr", WANTED "\":fr\")");
    assert_value("notice", "language", "en 10.0.0.0/8:fr 10.0.0.0/8:de",
                 "(duplicate value \"10.0.0.0/8:de\")");
    assert_value("notice", "language", "en 10.0.0.0/8:fr 10.0.0.0/9:de", "en 10.0.0.0/8:fr 10.0.0.0/9:de");
#undef WANTED
}

static void there_is_room_for_16_languages(void **state)
{
    struct buf many = {0};

    buf_add(&many, SPAN("en"));
    for (int i = 1; i < CONF_LIST_MAX; i++)
        buf_add_format(&many, " 10.%d.0.0/16:fr", i);
    assert_value("notice", "language", buf_c_str(&many), buf_c_str(&many));
    buf_add(&many, SPAN(" 2001:db8::/32:de"));
    assert_value("notice", "language", buf_c_str(&many), "(at most 16 values)");
    buf_fini(&many);
}

static void paths_names_and_commands_are_fit_for_use(void **state)
{
    struct buf path = {0};
    char *found;

    assert_value("postern", "user", "pt_BR.x-1", "pt_BR.x-1");
    assert_refused("postern", "user", "a name (letters, digits, - _ .)", "../en", "");
    assert_value("spool", "directory", "/a b", "/a b");
    assert_refused("spool", "directory", "an absolute path", "", "a");
    assert_value("postern", "pid_file", "", "");
    assert_refused("postern", "pid_file", "an absolute path or nothing", "a");
    assert_value("quarantine", "user", "", "");
    assert_value("command", "run", "'/opt/my scan' -x", "'/opt/my scan' -x");
    assert_refused("command", "run", "the absolute path of a program, with its arguments", "scan -x");
    assert_refused("command", "name", "a regular expression", "");
    for (int i = 1; i < CONF_PATH_MAX; i++)
        buf_add_char(&path, '/');
    assert_value("spool", "directory", buf_c_str(&path), buf_c_str(&path));
    buf_add_char(&path, '/');
    found = try("spool", "directory", buf_c_str(&path));
    assert_non_null(strstr(found, "(expected an absolute path, got \"////"));
    assert_non_null(strstr(found, "...\")"));
    free(found);
    buf_fini(&path);
}

static void words_of_a_command_must_be_whole(void **state)
{
    char *found = try("command", "run", "/bin/x 'open");

    assert_int_equal(found[0], '(');
    free(found);
    found = try("command", "run", "");
    assert_int_equal(found[0], '(');
    free(found);
}

static void near_names_are_found(void **state)
{
    assert_string_equal(schema_closest_key(SPAN("pop3"), SPAN("max_session")), "max_sessions");
    assert_string_equal(schema_closest_key(SPAN("scan"), SPAN("engine")), "engines");
    assert_string_equal(schema_closest_key(SPAN("pop3"), SPAN("intreception")), "interception");
    assert_null(schema_closest_key(SPAN("scan"), SPAN("directory")));
    assert_null(schema_closest_key(SPAN("scan"), SPAN("")));
    assert_null(schema_closest_key(SPAN("pop3"), SPAN("listenlistenlistenlistenlistenlistenlisten")));
    assert_string_equal(schema_closest_section(SPAN("notices")), "notice");
    assert_string_equal(schema_section_of(SPAN("database")), "builtin");
    assert_null(schema_section_of(SPAN("nothing")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_default_is_valid_and_prints_as_it_stands),
        cmocka_unit_test(no_key_stands_twice_and_sections_stand_together),
        cmocka_unit_test(choices_mean_what_they_say),
        cmocka_unit_test(numbers_have_ranges),
        cmocka_unit_test(marks_are_hexadecimal_or_not),
        cmocka_unit_test(sizes_have_units),
        cmocka_unit_test(durations_have_units),
        cmocka_unit_test(a_server_hears_from_us_twice_a_minute),
        cmocka_unit_test(flags_are_yes_or_no),
        cmocka_unit_test(addresses_are_numeric_and_have_ports),
        cmocka_unit_test(lists_are_bounded),
        cmocka_unit_test(engines_are_known_and_stand_once),
        cmocka_unit_test(languages_are_one_and_then_some_for_networks),
        cmocka_unit_test(there_is_room_for_16_languages),
        cmocka_unit_test(paths_names_and_commands_are_fit_for_use),
        cmocka_unit_test(words_of_a_command_must_be_whole),
        cmocka_unit_test(near_names_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
