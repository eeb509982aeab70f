/* confdoc: writes the documentation of the configuration's keys, which are in the schema, and of the events
 * of the log, which are in log_event.
 *
 *     confdoc sample           the sample configuration, conf/postern.conf
 *     confdoc man TEMPLATE     a manual page: the template, with the line .KEYS replaced by the keys,
 *                              .VARIABLES by those of notices, .EVENTS by the events. A line .EVENT NAME ...
 *                              becomes an item of a list; an unknown event is an error.
 *
 * Used by the build and its tests only. */
#include "base/log_event.h"
#include "conf/native.h"
#include "conf/value.h"
#include "notice/notice_variables.h"

#include <stdio.h>
#include <stdlib.h>

enum { WIDTH = 78, LINE_MAX_BYTES = 4096 };

struct section {
    const char *name, *prose;
};

static const struct section sections[] = {
    {"postern", "The service as a whole."},
    {"pop3", "POP3 sessions: how they arrive, which servers they may reach, and their limits."},
    {"tls", "Interception of TLS: trust in servers, and what happens to bad certificates."},
    {"upstream", "Connections to servers."},
    {"gateway",
     "What postern gateway installs on this host so that mail reaches Postern: on the clients' gateway, on "
     "the proxy, on a host that is both, or for this host's own mail."},
    {"spool", "Where messages are held until their verdict."},
    {"scan", "Scan engines and their supervision."},
    {"clamd", "The engine clamd: ClamAV's daemon."},
    {"builtin", "The engine builtin: libclamav."},
    {"command", "The engine command: a program for each message."},
    {"policy", "What happens to a message that is not clean."},
    {"quarantine", "Where the originals of messages that were not delivered are kept."},
    {"notice", "The message that a client receives in place of one that is not delivered."},
};

static const char *section_prose(const char *name)
{
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        if (strcmp(sections[i].name, name) == 0)
            return sections[i].prose;
    fprintf(stderr, "confdoc: section [%s] has no prose\n", name);
    exit(1);
}

/* Writes a word so that mdoc takes all of it literally. */
static void put_mdoc_word(const char *word, size_t n)
{
    if (n && (word[0] == '.' || word[0] == '\''))
        fputs("\\&", stdout);
    for (size_t i = 0; i < n; i++) {
        if (word[i] == '\\')
            fputs("\\e", stdout);
        else if (word[i] == '-')
            fputs("\\-", stdout);
        else if (word[i] == '"')
            fputs("\\(dq", stdout);
        else
            putchar(word[i]);
    }
}

static void put_plain_word(const char *word, size_t n)
{
    fwrite(word, 1, n, stdout);
}

/* Writes text in lines of at most WIDTH columns, each after `prefix`; in mdoc each sentence begins a line. */
static void put_wrapped(const char *text, const char *prefix, void (*put)(const char *word, size_t n),
                        bool is_mdoc)
{
    size_t column = 0, n;
    bool sentence_ends = false;

    for (; *text; text += n + strspn(text + n, " ")) {
        n = strcspn(text, " ");
        if (column && (column + 1 + n > WIDTH || (is_mdoc && sentence_ends))) {
            putchar('\n');
            column = 0;
        }
        fputs(column ? " " : prefix, stdout);
        column += n + (column ? 1 : strlen(prefix));
        put(text, n);
        sentence_ends = n && text[n - 1] == '.';
    }
    if (column)
        putchar('\n');
}

/* Returns a sentence about the values that the key accepts: "Value: a number from 1 to 64." */
static char *kind_of(const struct setting *setting)
{
    struct buf kind = {0};
    bool is_list = (setting->type == SETTING_ADDRESSES && setting->max > 1) ||
                   setting->type == SETTING_PORTS || setting->type == SETTING_PORTS_OR_NONE ||
                   setting->type == SETTING_PEERS || setting->type == SETTING_NUMBERS ||
                   setting->type == SETTING_ENGINES || setting->type == SETTING_INTERFACES ||
                   setting->type == SETTING_NETWORKS || setting->type == SETTING_HOSTS;

    buf_add_format(&kind, "Value: %s", is_list ? "a list, each " : "");
    value_describe(setting, &kind);
    buf_add_char(&kind, '.');
    return (char *)(uintptr_t)buf_c_str(&kind);
}

static bool begins_section(size_t i)
{
    return i == 0 || strcmp(schema_at(i)->section, schema_at(i - 1)->section) != 0;
}

static void sample_key(const struct setting *setting)
{
    struct buf value = {0};
    char *kind = kind_of(setting);

    native_add_value(&value, span_of(setting->default_value));
    putchar('\n');
    put_wrapped(setting->prose, "# ", put_plain_word, false);
    put_wrapped(kind, "# ", put_plain_word, false);
    printf("#%s =%s%s\n", setting->key, value.n ? " " : "", buf_c_str(&value));
    free(kind);
    buf_fini(&value);
}

static void write_sample(void)
{
    puts("# postern.conf: every key with its default. Lines that begin with # are comments;\n"
         "# remove the # from a key to change it. See postern.conf(5) for more, and run\n"
         "# `postern check` after a change.");
    for (size_t i = 0; i < schema_count(); i++) {
        const struct setting *setting = schema_at(i);

        if (begins_section(i)) {
            putchar('\n');
            put_wrapped(section_prose(setting->section), "# ", put_plain_word, false);
            printf("[%s]\n", setting->section);
            if (i == 0)
                puts("\n# A directory whose files *.conf are read after this one, in the order of their\n"
                     "# names, and can override its keys.\n#include = /etc/postern/conf.d");
        }
        sample_key(setting);
    }
}

static void man_key(const struct setting *setting)
{
    char *kind = kind_of(setting);

    printf(".It Ic %s\n", setting->key);
    put_wrapped(setting->prose, "", put_mdoc_word, true);
    put_wrapped(kind, "", put_mdoc_word, true);
    if (setting->default_value[0]) {
        fputs("Default: \\(oq", stdout);
        put_mdoc_word(setting->default_value, strlen(setting->default_value));
        puts("\\(cq.");
    } else {
        puts("Empty by default.");
    }
    free(kind);
}

static void write_man_keys(void)
{
    for (size_t i = 0; i < schema_count(); i++) {
        if (begins_section(i)) {
            printf(".Ss Section %s\n%s\n.Bl -tag -width Ds\n", schema_at(i)->section,
                   section_prose(schema_at(i)->section));
            if (i == 0)
                puts(".It Ic include\nA directory whose files\n.Pa *.conf\nare read after the whole file, in "
                     "the order of their names.\nThey can override its keys, but cannot include others.\n"
                     "None by default.");
        }
        man_key(schema_at(i));
        if (i + 1 == schema_count() || begins_section(i + 1))
            puts(".El");
    }
}

static void write_man_variables(void)
{
#define X(name, prose) puts(".It Ic %" #name "%\n" prose);
    NOTICE_VARIABLES(X)
#undef X
}

static int by_name(const void *a, const void *b)
{
    return strcmp(log_event_name(*(const enum log_event *)a), log_event_name(*(const enum log_event *)b));
}

static void write_man_events(void)
{
    enum log_event events[LOG_EVENT_COUNT];

    for (int i = 0; i < LOG_EVENT_COUNT; i++)
        events[i] = (enum log_event)i;
    qsort(events, LOG_EVENT_COUNT, sizeof *events, by_name);
    for (int i = 0; i < LOG_EVENT_COUNT; i++) {
        printf(".It Ic %s Pq %s\n", log_event_name(events[i]), log_level_name(log_event_level(events[i])));
        put_wrapped(log_event_description(events[i]), "", put_mdoc_word, true);
    }
}

static bool is_event(struct span word)
{
    for (int i = 0; i < LOG_EVENT_COUNT; i++)
        if (span_eq(word, span_of(log_event_name((enum log_event)i))))
            return true;
    return false;
}

/* Writes an item such as "child_ended , child_hung : Dq text", which begins with names of events. */
static void write_man_event(const char *item)
{
    const char *word = item;

    for (bool is_more = true; is_more; word += strspn(word, " ,")) {
        struct span name = {word, strcspn(word, " \n")};

        if (!is_event(name)) {
            fprintf(stderr, "confdoc: the log has no event %.*s\n", (int)name.n, name.p);
            exit(1);
        }
        word += name.n;
        is_more = strncmp(word, " ,", 2) == 0;
    }
    printf(".It Ic %s", item);
}

static void write_man_line(const char *line)
{
    static const char event[] = ".EVENT ";

    if (strcmp(line, ".KEYS\n") == 0)
        write_man_keys();
    else if (strcmp(line, ".VARIABLES\n") == 0)
        write_man_variables();
    else if (strcmp(line, ".EVENTS\n") == 0)
        write_man_events();
    else if (strncmp(line, event, sizeof event - 1) == 0)
        write_man_event(line + sizeof event - 1);
    else
        fputs(line, stdout);
}

static int write_man(const char *path)
{
    FILE *template = fopen(path, "r");
    char line[LINE_MAX_BYTES];

    if (!template) {
        perror(path);
        return 1;
    }
    while (fgets(line, sizeof line, template))
        write_man_line(line);
    fclose(template);
    return 0;
}

int main(int argc, char **argv)
{
    int status = 0;

    if (argc == 2 && strcmp(argv[1], "sample") == 0)
        write_sample();
    else if (argc == 3 && strcmp(argv[1], "man") == 0)
        status = write_man(argv[2]);
    else
        status = 2;
    return fflush(stdout) == 0 ? status : 1;
}
