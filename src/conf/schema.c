#include "conf/schema.h"

#include "base/token.h"
#include "conf/schema_listener.h"

#include <assert.h>

static const struct choice sources[] = {{"proxy", SOURCE_PROXY}, {"client", SOURCE_CLIENT}, {0}};
static const struct choice roles[] = {
    {"mirror", GATEWAY_MIRROR}, {"proxy", GATEWAY_PROXY}, {"local", GATEWAY_LOCAL}, {0}};
static const struct choice spreads[] = {{"client", SPREAD_CLIENT}, {"connection", SPREAD_CONNECTION}, {0}};
static const struct choice no_proxies[] = {{"block", NO_PROXY_BLOCK}, {"pass", NO_PROXY_PASS}, {0}};
static const struct choice log_levels[] = {{"error", LOG_LEVEL_ERROR},
                                           {"warning", LOG_LEVEL_WARNING},
                                           {"info", LOG_LEVEL_INFO},
                                           {"debug", LOG_LEVEL_DEBUG},
                                           {0}};
static const struct choice engines[] = {{"builtin", ENGINE_BUILTIN},
                                        {"clamd", ENGINE_CLAMD},
                                        {"command", ENGINE_COMMAND},
                                        {"none", ENGINE_NONE},
                                        {0}};
static const struct choice signature_reloads[] = {
    {"parallel", RELOAD_PARALLEL}, {"restart", RELOAD_RESTART}, {0}};
static const struct choice when_infected[] = {
    {"quarantine", ACTION_QUARANTINE}, {"delete", ACTION_DELETE}, {0}};
static const struct choice when_unscannable[] = {
    {"quarantine", ACTION_QUARANTINE}, {"deliver", ACTION_DELIVER}, {"refuse", ACTION_REFUSE}, {0}};
static const struct choice when_failed[] = {{"refuse", ACTION_REFUSE}, {"deliver", ACTION_DELIVER}, {0}};

#define ROW(in, name, as, member) SCHEMA_ROW(#in, name, as, in.member)

static const struct setting settings[] = {
    {ROW(postern, "user", NAME, user), .initial = "postern",
     .prose = "The user that all processes but the parent become when Postern is started as root. Started as "
              "another user, "
              "every process stays what it is."},
    {ROW(postern, "relays", AUTO, relays), .initial = "auto",
     .prose = "How many processes relay POP3 sessions. auto is one a core.", .least = 1, .most = 256},
    {ROW(postern, "readers", NUMBER, readers), .initial = "2",
     .prose = "How many processes read the headers of messages that were not let through.", .least = 1,
     .most = 64},
    {ROW(postern, "log_level", CHOICE, log_level), .initial = "info",
     .prose = "The least important level that is logged. No level shows a password.", .choices = log_levels},
    {ROW(postern, "runtime_directory", PATH, runtime_directory), .initial = "/run/postern",
     .prose = "Where the running service listens for `postern status` and the like, at the socket "
              "control. The last directory of the path is made when it is missing."},
    {ROW(postern, "pid_file", PATH_OR_NONE, pid_file), .initial = "",
     .prose = "A file for the parent's process id. None is written when it is empty."},

    LISTENER_ROWS(
        POP3, pop3, "8110", "110",
        "What becomes of STLS, a client's wish to encrypt. pass: it is let through, and that session "
        "goes on unread and unscanned, which is logged. block: it is neither offered nor accepted, so that "
        "the client either talks in clear or not at all.",
        "A client that says nothing for so long, with nothing outstanding, is disconnected. RFC 1939 "
        "wants 10 minutes at least.",
        "While a message is received and scanned, its client sees a byte at least so often: first +OK, then "
        "header lines X-Postern-Wait that belong to the message from then on. Many clients give up after a "
        "minute of silence. A message that is scanned sooner gets no such line.",
        "A server that has been idle for so long, because its message is being scanned or the client "
        "takes it slowly, is sent a NOOP, so that it does not log the client out: some do after a minute."),
    {ROW(pop3, "top", FLAG, top), .initial = "yes",
     .prose = "Whether TOP is offered. Where a client asks for lines of a body, they are cut from the "
              "scanned message."},

    {ROW(upstream, "source", CHOICE, source), .initial = "proxy",
     .prose = "Whose address servers see. proxy: this host's. client: the client's own, which needs root, a "
              "router that sends the servers' replies back to this host, and rules here that keep them; "
              "without these no connection is ever made. Goes with interception = redirect and tproxy.",
     .choices = sources},
    {ROW(upstream, "mark", MARK, mark), .initial = "none",
     .prose = "A mark on the packets of our own connections to servers, by which rules can tell them from "
              "those of clients. Needs root, and Linux 5.17 or newer.",
     .least = 1, .most = UINT32_MAX},

    {ROW(gateway, "role", WORDS, roles), .initial = "",
     .prose =
         "What postern gateway lays on this host, so that connections reach Postern; empty: nothing. "
         "mirror: it is the clients' gateway, marks their connections to mail servers and routes them to "
         "the proxies. proxy: connections that arrive here for mail servers go to [pop3] listen, by "
         "REDIRECT or TPROXY as [pop3] interception says. local: this host's own connections to mail "
         "servers go there, by REDIRECT. Several may stand here: mirror proxy is one host that is both.",
     .choices = roles},
    {ROW(gateway, "interface", INTERFACES, interfaces), .initial = "",
     .prose =
         "Where the clients' packets come in. One, or several, never lo. Not asked for by the role local."},
    {ROW(gateway, "lan", NETWORKS, lan), .initial = "",
     .prose = "Destinations that are never diverted: your own networks, so that connections to a mail server "
              "there stay as they are.",
     .most = CONF_LIST_MAX},
    {ROW(gateway, "ports", PORTS, ports), .initial = "110",
     .prose = "Connections to these TCP ports are diverted. On the proxy [pop3] ports has to have them too.",
     .least = 1, .most = 65535},
    {ROW(gateway, "mark", MASKED, mark), .initial = "0x6e",
     .prose =
         "The mark of packets that are diverted, by which a policy rule knows them. VALUE, or VALUE/MASK "
         "with bits of the value only within the mask: other bits are left to others. Several proxies "
         "need a mask: they are numbered in it, from the value up by the mask's lowest bit (with "
         "0x6e00/0xff00 they are 0x6e00, 0x6f00 ...), and TPROXY or source = client takes the next."},
    {ROW(gateway, "table", NUMBER, table), .initial = "200",
     .prose =
         "The routing table to the first proxy. Each further one has the next number, then what "
         "TPROXY or source = client needs, then what refuses unmarked mail (no_proxy = block). A name for "
         "it may be put into /etc/iproute2/rt_tables.d.",
     .least = 1, .most = UINT32_MAX},
    {ROW(gateway, "proxies", HOSTS, proxies), .initial = "",
     .prose = "With the role mirror: the hosts that run the proxy, on a network of this one. Several of a "
              "family share the connections. An address of this host itself means the proxy that runs here. "
              "A family without any gets what no_proxy says.",
     .most = CONF_LIST_MAX},
    {ROW(gateway, "spread", CHOICE, spread), .initial = "client",
     .prose = "How several proxies share. client: all connections of one client address go to the same. "
              "connection: each goes for itself. In both a connection stays with the proxy it began with.",
     .choices = spreads},
    {ROW(gateway, "no_proxy", CHOICE, no_proxy), .initial = "block",
     .prose = "What becomes of connections while no proxy is left. block: they are refused, so that no mail "
              "passes unscanned, and so is, of what should have come to a proxy, whatever would be forwarded "
              "elsewhere. pass: they go to the server, unscanned.",
     .choices = no_proxies},
    {ROW(gateway, "bypass", NETWORKS, bypass), .initial = "",
     .prose = "Clients and servers whose connections are let through, unscanned: addresses or networks.",
     .most = CONF_LIST_MAX},
    {ROW(gateway, "notrack", FLAG, notrack), .initial = "yes",
     .prose = "The mirror sees only one direction of what it diverts, because the proxy answers the client "
              "directly; a firewall on it that drops packets of state invalid would drop them all. yes: the "
              "kernel's connection tracking does not look at them. no: it does, for a firewall that wants to "
              "count them and lets invalid ones pass."},
    {ROW(gateway, "probe_interval", TIME, probe_ms), .initial = "2s",
     .prose = "How often postern gateway watch connects to each proxy, to find out whether it is alive.",
     .least = SECOND / 10, .most = HOUR},

    {ROW(spool, "directory", PATH, directory), .initial = "/var/spool/postern/spool",
     .prose = "Where messages wait for their verdict when memory does not do. Below /var/spool/postern it is "
              "made at start "
              "when it is missing; elsewhere it has to be there, and belong to the user."},
    {ROW(spool, "memory_max", BYTES, memory_max_bytes), .initial = "1M",
     .prose = "A message up to this size is held in memory and never touches the disk.", .least = 0,
     .most = GIB},

    {ROW(spool, "memory_total_max", BYTES, memory_total_max_bytes), .initial = "256M",
     .prose = "What all messages in memory may take together; beyond it they go to disk whatever their size. "
              "The scan process takes at most as much again, for messages that it shows to engines a second "
              "time because clients store them with other line ends; a larger one of those is not scannable "
              "(limits).",
     .least = 0, .most = 1024 * GIB},
    {ROW(spool, "min_free", BYTES, min_free_bytes), .initial = "16M",
     .prose = "While its disk has less room than this, and than the message where LIST has told its size, a "
              "message is not asked for: "
              "the client is told to try again later.",
     .least = 0, .most = 1024 * GIB},

    {ROW(scan, "engines", ENGINES, engines), .initial = "builtin",
     .prose = "Who scans. builtin: ClamAV's engine in processes of our own. clamd: ClamAV's daemon. command: "
              "a program that is "
              "started for each message. none: nobody; stands alone. With several, all are asked and the "
              "worst verdict counts.",
     .least = 1, .most = CONF_LIST_MAX, .choices = engines},
    {ROW(scan, "cache_entries", NUMBER, cache_entries), .initial = "10000",
     .prose = "How many verdicts are remembered, so that a message that goes to many users is scanned once; "
              "some 600 bytes each. New "
              "signatures empty the memory. 0: none are. With engine command none are in any case.",
     .least = 0, .most = 10000000},
    {ROW(scan, "deadline", TIME, deadline_ms), .initial = "2m",
     .prose = "How long the scan of one message may take, waiting in the queue not counted. Past it the "
              "message is "
              "unscannable (limits), unless the engine answered no other request meanwhile: then the scan "
              "has failed.",
     .least = SECOND / 10, .most = HOUR},
    {ROW(scan, "self_test", SELF_TEST, self_test), .initial = "eicar",
     .prose =
         "What each engine has to catch, as an attachment of a mail and as a file, before its verdicts "
         "count; it also has to call a harmless mail clean. It is tried at start, after each change of "
         "signatures and whenever the engine has failed; until it passes, every scan fails. eicar: the "
         "test virus of EICAR. A path: a file that the signatures of this site find; it is read at start. "
         "none: engines are believed without a test."},
    {ROW(scan, "give_up_after", TIME, give_up_ms), .initial = "10m",
     .prose = "A message for which an engine fails three times over at least this time, while it passes its "
              "self test, is unscannable (engine).",
     .least = SECOND, .most = DAY},

    {ROW(clamd, "socket", SOCKETS, socket), .initial = "/run/clamav/clamd.ctl",
     .prose = "Where clamd listens; several are tried in turn for each message. To a Unix socket the message "
              "goes as a descriptor, so "
              "clamd has to be on this machine; to a port it is sent. In clamd's own configuration "
              "AlertExceedsMax and "
              "AlertEncrypted should be set: without them it says OK to what it did not look into.",
     .least = 1, .most = CONF_LIST_MAX},
    {ROW(clamd, "connections", NUMBER, connections), .initial = "4",
     .prose = "Messages that clamd gets at a time; its MaxThreads is a good number.", .least = 1,
     .most = 1000},

    {ROW(builtin, "database", PATH, database), .initial = "/var/lib/clamav",
     .prose = "The directory of the signatures, as freshclam keeps it. Without signatures Postern does not "
              "start."},
    {ROW(builtin, "workers", AUTO, workers), .initial = "auto",
     .prose = "How many messages are scanned at a time. auto is one a core.", .least = 1, .most = 256},
    {ROW(builtin, "scan_max", BYTES, max_scan_bytes), .initial = "400M",
     .prose = "How much of a message is scanned in all, unpacked parts included. A message that needs more "
              "is unscannable (limits), "
              "as with the next three.",
     .least = KIB, .most = 4 * GIB - 1},
    {ROW(builtin, "file_max", BYTES, max_file_bytes), .initial = "100M",
     .prose = "The largest part, or file in an archive.", .least = KIB, .most = 2 * GIB - 1},
    {ROW(builtin, "max_recursion", NUMBER, max_recursion), .initial = "17",
     .prose = "How deep parts and archives may nest.", .least = 1, .most = 100},
    {ROW(builtin, "max_files", NUMBER, max_files), .initial = "10000",
     .prose = "How many parts and files one message may have.", .least = 1, .most = 1000000},
    {ROW(builtin, "reload", CHOICE, reload), .initial = "parallel",
     .prose =
         "How changed signatures are taken into use. parallel: they are loaded and tried beside the old "
         "ones, which takes memory for both; nothing waits, and a set that does not load is refused. "
         "restart: the old ones go first; messages wait meanwhile, and while a set does not load, all mail "
         "stays on its server.",
     .choices = signature_reloads},

    {ROW(command, "run", COMMAND, run), .initial = "/usr/bin/clamscan --no-summary -i",
     .prose =
         "The program and its arguments. The line is split into words as a shell would, but no shell "
         "runs it. The last argument is the path of a file with the message, which the program can read and "
         "not write. Its name ends in .eml if it is a mail, and has no ending if it is a file."},
    {ROW(command, "directory", PATH_OR_NONE, directory), .initial = "",
     .prose = "Where these files are, each for as long as its scan. Empty: scan, in the directory of "
              "[spool]. Below "
              "/var/spool/postern it is made at start when it is missing; elsewhere it has to be there, and "
              "belong to "
              "the user."},
    {ROW(command, "group", NAME_OR_NONE, group), .initial = "",
     .prose =
         "A group whose members can read these files, too: that of a daemon to which the program hands the "
         "file's name. Needs a directory, which then belongs to that group and has mode 2710."},
    {ROW(command, "clean_codes", NUMBERS, clean_codes), .initial = "0",
     .prose = "Exit codes that mean clean.", .least = 0, .most = 255},
    {ROW(command, "infected_codes", NUMBERS, infected_codes), .initial = "1",
     .prose = "Exit codes that mean infected. Any other code is a failed scan.", .least = 0, .most = 255},
    {ROW(command, "name", REGEX, name), .initial = ".*: (.*) FOUND",
     .prose = "Finds the virus's name in a line that the program prints. PCRE2."},
    {ROW(command, "name_group", NUMBER, name_group), .initial = "1",
     .prose = "The group of name that is the virus's name; 0 is the whole match.", .least = 0, .most = 99},
    {ROW(command, "name_ungreedy", FLAG, name_ungreedy), .initial = "no",
     .prose = "Turns the meaning of * and *? in name round, as P3Scan did."},
    {ROW(command, "workers", AUTO, workers), .initial = "auto",
     .prose = "How many programs run at a time. auto is one a core.", .least = 1, .most = 256},

    {ROW(policy, "infected", CHOICE, infected), .initial = "quarantine",
     .prose = "An engine found something: the client gets a notice, and the original is kept in the "
              "quarantine or deleted.",
     .choices = when_infected},
    {ROW(policy, "encrypted", CHOICE, encrypted), .initial = "deliver",
     .prose = "A part is under a password. deliver marks the message: X-Postern: not scanned (encrypted). "
              "quarantine hands out a "
              "notice. refuse answers -ERR and leaves the message on the server; so in the next five.",
     .choices = when_unscannable},
    {ROW(policy, "limits", CHOICE, limits), .initial = "quarantine",
     .prose = "A limit of the engine or the deadline stopped the scan short.", .choices = when_unscannable},
    {ROW(policy, "malformed", CHOICE, malformed), .initial = "quarantine",
     .prose = "Mail readers would not agree what the message says, or where it ends because the dot that "
              "ends it stands between bare line feeds.",
     .choices = when_unscannable},
    {ROW(policy, "unsupported", CHOICE, unsupported), .initial = "quarantine",
     .prose =
         "The message holds an archive, a compressed file or a disk image that the engine cannot open, or "
         "something that begins with other data, as a self-extracting archive. postern check "
         "--containers prints which. Engine builtin only: clamd and programs do not show what they "
         "opened.",
     .choices = when_unscannable},
    {ROW(policy, "partial", CHOICE, partial), .initial = "quarantine",
     .prose = "The message is one piece of several that the reader joins (message/partial): what they make "
              "together no engine ever sees.",
     .choices = when_unscannable},
    {ROW(policy, "engine", CHOICE, engine), .initial = "quarantine",
     .prose = "A healthy engine has failed for this message three times: see [scan] give_up_after.",
     .choices = when_unscannable},
    {ROW(policy, "failed", CHOICE, failed), .initial = "refuse",
     .prose = "No engine gave an answer. refuse: the client is told to try again later. deliver: the message "
              "is handed out, "
              "marked, unscanned.",
     .choices = when_failed},

    {ROW(quarantine, "directory", PATH, directory), .initial = "/var/spool/postern/quarantine",
     .prose = "Where the originals are kept. It is made at start as the one of the spool is."},
    {ROW(quarantine, "user", NAME_OR_NONE, user), .initial = "",
     .prose = "The user of the one process that writes there. Empty: the user of [postern]."},
    {ROW(quarantine, "retention", TIME, retention_ms), .initial = "90d",
     .prose = "How long an incident is kept after the last time its message was fetched; then it goes, "
              "original and "
              "record. 0s keeps it until somebody deletes it. A wall clock that is wrong for a while, or "
              "set, makes "
              "nothing go.",
     .least = 0, .most = 36500 * DAY},
    {ROW(quarantine, "max_bytes", BYTES, max_bytes), .initial = "10G",
     .prose = "How much the originals may take in all; a content that several users were sent counts once. A "
              "message "
              "that would make it more is kept only if others may go for it: first what is past its "
              "retention, then "
              "originals that were released. If none may, the client is told to try again later, and the "
              "message stays "
              "on the server. 0 is no limit. So in the next three.",
     .least = 0, .most = 1024 * 1024 * GIB},
    {ROW(quarantine, "max_incidents", NUMBER, max_incidents), .initial = "100000",
     .prose = "How many incidents there may be.", .least = 0, .most = UINT32_MAX},
    {ROW(quarantine, "min_free_bytes", BYTES, min_free_bytes), .initial = "64M",
     .prose = "What has to stay free on the disk that the quarantine is on.", .least = 0,
     .most = 1024 * 1024 * GIB},
    {ROW(quarantine, "min_free_inodes", NUMBER, min_free_inodes), .initial = "256",
     .prose = "How many more files that disk has to be able to hold; an incident is two. 0 is no limit. A "
              "file system "
              "that does not count them (btrfs, FAT) has enough.",
     .least = 0, .most = UINT32_MAX},
    {ROW(quarantine, "release_for", TIME, release_ms), .initial = "7d",
     .prose =
         "How long a message passes that postern quarantine release has released: its content for its user "
         "from its server, or for everyone; for that user also the same mail with other bytes, if its server "
         "writes it anew each time: under the same unique-id (UIDL), with the same verdict, sender, subject "
         "and "
         "message id, and nearly the same size.",
     .least = SECOND, .most = 3650 * DAY},

    {ROW(notice, "language", LANGUAGES, languages), .initial = "en",
     .prose = "The language of notices: de, en, es, fr, it, nl, pl, pt, or the name of a template of your "
              "own, NAME.mail, "
              "beside theirs. Behind it may stand networks of clients with languages of their own; the first "
              "that a client is in counts.",
     .least = 1, .most = CONF_LIST_MAX},
    {ROW(notice, "directory", PATH_OR_NONE, directory), .initial = "",
     .prose = "Where the templates are. Empty: notices, beside the installed postern.conf."},
    {ROW(notice, "template", PATH_OR_NONE, template), .initial = "",
     .prose = "A template file, in place of the first language's. One of P3Scan's will do."},
    {ROW(notice, "subject", TEXT, subject), .initial = "",
     .prose = "The notice's subject; the virus's name is put behind it. Empty: the language's own words (in "
              "English: \"[virus] in a message for you:\")."},
    {ROW(notice, "deleted", TEXT, deleted), .initial = "",
     .prose = "What a notice says of an original that was deleted. Empty: the language's own words."},
};

enum { SETTINGS = sizeof settings / sizeof settings[0] };
static_assert((int)SETTINGS <= (int)SETTINGS_MAX, "SETTINGS_MAX is too small");
static_assert(sizeof(enum action) == sizeof(unsigned), "choices are stored as unsigned");

size_t schema_count(void)
{
    return SETTINGS;
}

const struct setting *schema_at(size_t index)
{
    assert(index < SETTINGS);
    return &settings[index];
}

size_t schema_index(const struct setting *setting)
{
    return (size_t)(setting - settings);
}

const struct setting *schema_find(struct span section, struct span key)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (span_eq(section, span_of(settings[i].section)) && span_eq(key, span_of(settings[i].key)))
            return &settings[i];
    return NULL;
}

bool schema_has_section(struct span section)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (span_eq(section, span_of(settings[i].section)))
            return true;
    return false;
}

const char *schema_near_key(struct span section, struct span key)
{
    struct token_near near = token_near_to(key);

    for (size_t i = 0; i < SETTINGS; i++)
        if (span_eq(section, span_of(settings[i].section)))
            token_near_try(&near, settings[i].key);
    return near.found;
}

const char *schema_near_section(struct span section)
{
    struct token_near near = token_near_to(section);

    for (size_t i = 0; i < SETTINGS; i++)
        token_near_try(&near, settings[i].section);
    return near.found;
}

const char *schema_section_of(struct span key)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (span_eq(key, span_of(settings[i].key)))
            return settings[i].section;
    return NULL;
}
