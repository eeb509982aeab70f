#include "conf/schema.h"

#include "base/token.h"
#include "conf/schema_listener.h"

#include <assert.h>

static const struct choice sources[] = {{"proxy", SOURCE_PROXY}, {"client", SOURCE_CLIENT}, {0}};
static const struct choice roles[] = {
    {"mirror", GATEWAY_MIRROR}, {"proxy", GATEWAY_PROXY}, {"local", GATEWAY_LOCAL}, {0}};
static const struct choice spreads[] = {{"client", SPREAD_CLIENT}, {"connection", SPREAD_CONNECTION}, {0}};
static const struct choice no_proxies[] = {{"block", NO_PROXY_BLOCK}, {"pass", NO_PROXY_PASS}, {0}};
static const struct choice tls_modes[] = {{"off", TLS_MODE_OFF}, {"intercept", TLS_MODE_INTERCEPT}, {0}};
static const struct choice when_bad[] = {
    {"refuse", TLS_BAD_REFUSE}, {"mirror", TLS_BAD_MIRROR}, {"explain", TLS_BAD_EXPLAIN}, {0}};
static const struct choice when_no_sni[] = {
    {"mirror", TLS_NO_SNI_MIRROR}, {"refuse", TLS_NO_SNI_REFUSE}, {"bypass", TLS_NO_SNI_BYPASS}, {0}};
static const struct choice when_impossible[] = {
    {"refuse", TLS_INSTEAD_REFUSE}, {"bypass", TLS_INSTEAD_BYPASS}, {0}};
static const struct choice when_untrusting[] = {
    {"report", TLS_UNTRUSTING_REPORT}, {"bypass", TLS_UNTRUSTING_BYPASS}, {0}};
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
    {ROW(postern, "user", NAME, user), .default_value = "postern",
     .prose = "The user as which all processes except the parent run when Postern is started as root; for "
              "the quarantine see also [quarantine] user. If Postern is started as another user, every "
              "process runs as that user."},
    {ROW(postern, "relays", AUTO, relays), .default_value = "auto",
     .prose = "The number of processes that relay POP3 sessions. auto: one per core.", .min = 1, .max = 256},
    {ROW(postern, "readers", NUMBER, readers), .default_value = "2",
     .prose = "The number of processes that read the headers of messages that are not delivered.", .min = 1,
     .max = 64},
    {ROW(postern, "log_level", CHOICE, log_level), .default_value = "info",
     .prose = "The least severe level that is logged. Passwords are never logged, at any level.",
     .choices = log_levels},
    {ROW(postern, "runtime_directory", PATH, runtime_directory), .default_value = "/run/postern",
     .prose = "The directory of the socket \"control\", on which the running service answers `postern "
              "status` and similar commands. The last component of the path is created if it is missing."},
    {ROW(postern, "pid_file", PATH_OR_NONE, pid_file), .default_value = "",
     .prose = "A file for the parent's process id. Empty: no file is written."},

    LISTENER_ROWS(
        POP3, pop3, "8110", "110", "995",
        "What happens to STLS, the client's request to start TLS. pass: it is forwarded; the rest of the "
        "session is neither read nor scanned, which is logged. With [tls] mode = intercept, pass means that "
        "the "
        "session is intercepted instead. block: STLS is neither offered nor accepted, so that the client "
        "either continues without encryption or gives up.",
        "A client that sends nothing for this long, while no reply is outstanding, is disconnected. RFC 1939 "
        "requires at least 10 minutes.",
        "While a message is received and scanned, the client is sent something after each interval of this "
        "length: first +OK, and then, if the message begins with a header, lines X-Postern-Wait, which "
        "become part of that header. Many clients give up after a minute of silence. A message that is "
        "scanned faster gets no such line.",
        "While a message is scanned, or sent to a slow client, the server is idle. After each interval of "
        "this length it is sent a NOOP, because some servers log a client out after a minute."),
    {ROW(pop3, "top", FLAG, top), .default_value = "yes",
     .prose = "Whether TOP is offered. The lines of the body that a client requests by TOP are taken from "
              "the scanned message."},

    {ROW(tls, "mode", CHOICE, mode), .default_value = "off",
     .prose =
         "Whether sessions that clients encrypt are scanned. off: TLS is not intercepted; what happens to "
         "STLS is set in [pop3] tls. intercept: Postern decrypts the session, verifies the server, and "
         "presents to the client a certificate of its own authority. `postern tls init` makes this "
         "authority, "
         "and clients must trust it.",
     .choices = tls_modes},
    {ROW(tls, "directory", PATH, directory), .default_value = "/var/lib/postern/tls",
     .prose = "The directory of the certificate authority and of the certificates that it has issued."},
    {ROW(tls, "passphrase_file", PATH_OR_NONE, passphrase_file), .default_value = "",
     .prose = "A file whose first line is the passphrase of the authority's keys; only root may be able to "
              "read it. Empty: if the keys have a passphrase, it is read from systemd's credential "
              "postern-tls-passphrase, or asked for when `postern run` is started on a terminal."},
    {ROW(tls, "trust", PATH, trust), .default_value = "/etc/ssl/certs/ca-certificates.crt",
     .prose =
         "A file of certificates of authorities, in PEM format. A server's certificate is trusted if one of "
         "them has issued it."},
    {ROW(tls, "extra_trust", PATH_OR_NONE, extra_trust), .default_value = "",
     .prose = "A directory of further certificates to trust, in PEM format: of authorities, or of single "
              "servers. Empty: none."},
    {ROW(tls, "crl", PATH_OR_NONE, crl), .default_value = "",
     .prose = "A directory of certificate revocation lists, in PEM format. Empty: none."},
    {ROW(tls, "bypass", PEERS, bypass), .default_value = "",
     .prose = "Servers whose TLS connections are passed on unread: names, which are compared with the name "
              "that the client asks for, addresses and networks. *.example.org means every name under "
              "example.org. What is passed on is not scanned, which is logged."},
    {ROW(tls, "bypass_ports", PORTS_OR_NONE, bypass_ports), .default_value = "",
     .prose = "Server ports at which TLS connections are passed on unread.", .min = 1, .max = 65535},
    {ROW(tls, "bypass_clients", NETWORKS, bypass_clients), .default_value = "",
     .prose = "Clients whose TLS connections are passed on unread: addresses or networks.",
     .max = CONF_LIST_MAX},
    {ROW(tls, "expired", CHOICE, expired), .default_value = "refuse",
     .prose = "What happens if the certificate of a server has expired. refuse: the client receives a TLS "
              "alert. mirror: the client receives a certificate with the same fault, and decides. explain: "
              "the client receives a good certificate, and an error message in the protocol.",
     .choices = when_bad},
    {ROW(tls, "not_yet_valid", CHOICE, not_yet_valid), .default_value = "refuse",
     .prose = "The same for a certificate that is not yet valid.", .choices = when_bad},
    {ROW(tls, "name", CHOICE, name), .default_value = "refuse",
     .prose = "The same for a certificate without the name that the client asks for.", .choices = when_bad},
    {ROW(tls, "untrusted", CHOICE, untrusted), .default_value = "refuse",
     .prose = "The same for a certificate that no trusted authority has issued. With mirror the client's "
              "certificate is issued by a second authority, which no client trusts.",
     .choices = when_bad},
    {ROW(tls, "client_certificate", CHOICE, client_certificate), .default_value = "bypass",
     .prose = "What happens if a server asks for a certificate of the client. bypass: the connection is "
              "passed on unread, which is logged. refuse: it is refused.",
     .choices = when_impossible},
    {ROW(tls, "no_sni", CHOICE, no_sni), .default_value = "mirror",
     .prose =
         "What happens if the client does not say which name it asks for. mirror: it receives a "
         "certificate with the names in the server's certificate; the settings for other faults apply as "
         "well. refuse and bypass: as in client_certificate. If the server's certificate is valid for the "
         "server's address, the connection is intercepted all the same.",
     .choices = when_no_sni},
    {ROW(tls, "old_client", CHOICE, old_client), .default_value = "refuse",
     .prose =
         "What happens if a client supports neither TLS 1.2 nor a later version, or no certificate with a "
         "P-256 key. refuse and bypass: as in client_certificate.",
     .choices = when_impossible},
    {ROW(tls, "old_server", CHOICE, old_server), .default_value = "refuse",
     .prose = "What happens if a server supports neither TLS 1.2 nor a later version, or uses weak keys or "
              "signatures. refuse and bypass: as in client_certificate.",
     .choices = when_impossible},
    {ROW(tls, "untrusting_client", CHOICE, untrusting_client), .default_value = "report",
     .prose = "What happens if a client rejects the certificates for a server, because the authority is not "
              "installed there or because the client expects a particular certificate. report: it is "
              "logged. bypass: after untrusting_after rejections the client's connections to this server are "
              "passed on unread for the time untrusting_for, which is logged.",
     .choices = when_untrusting},
    {ROW(tls, "untrusting_after", NUMBER, untrusting_after), .default_value = "3",
     .prose = "The number of rejections, without a success in between, after which a client counts as "
              "untrusting.",
     .min = 1, .max = 1000},
    {ROW(tls, "untrusting_for", TIME, untrusting_for_ms), .default_value = "1d",
     .prose = "How long the connections of an untrusting client are passed on unread.", .min = SECOND,
     .max = 365 * DAY},
    {ROW(tls, "require", FLAG, require), .default_value = "no",
     .prose = "yes: a client cannot log in without TLS to a server that offers STLS."},
    {ROW(tls, "page", ADDRESSES, page), .default_value = "",
     .prose = "The addresses of a web page, without encryption, on which clients find the authority's "
              "certificate, how to install it, and whether their device has accepted it. A process of its own "
              "serves it. Empty: there is no page.",
     .min = 0, .max = INET_LIST_MAX},

    {ROW(upstream, "source", CHOICE, source), .default_value = "proxy",
     .prose = "The source address that servers see. proxy: this host's address. client: the client's own "
              "address, which requires root, a router that sends the servers' replies back to this host, and "
              "rules on this host that accept these replies; without them no connection can be established. "
              "client is "
              "valid with interception = redirect and tproxy.",
     .choices = sources},
    {ROW(upstream, "mark", MARK, mark), .default_value = "none",
     .prose = "A mark on the packets of Postern's own connections to servers, by which rules can distinguish "
              "them from those of clients. Requires root, and Linux 5.17 or newer.",
     .min = 1, .max = UINT32_MAX},

    {ROW(gateway, "role", WORDS, roles), .default_value = "",
     .prose = "What postern gateway installs on this host so that connections reach Postern; empty: nothing. "
              "mirror: this host is the clients' gateway; it marks their connections to mail servers and "
              "routes them to the proxies. proxy: connections to mail servers that arrive on this host go to "
              "[pop3] listen, by REDIRECT or TPROXY as set in [pop3] interception. local: this host's own "
              "connections to mail servers go to [pop3] listen, by REDIRECT. Several roles can be combined: "
              "mirror proxy is one host that is both.",
     .choices = roles},
    {ROW(gateway, "interface", INTERFACES, interfaces), .default_value = "",
     .prose = "The interfaces by which packets from clients arrive: one or several, never lo. Not required "
              "by the role local."},
    {ROW(gateway, "lan", NETWORKS, lan), .default_value = "",
     .prose = "Destinations that are never diverted: your own networks, so that connections to a mail server "
              "there stay as they are.",
     .max = CONF_LIST_MAX},
    {ROW(gateway, "ports", PORTS, ports), .default_value = "110",
     .prose =
         "Connections to these TCP ports are diverted. On the proxy, [pop3] ports must contain them too. "
         "With [tls] mode = intercept the tls_ports of the listeners are diverted, too.",
     .min = 1, .max = 65535},
    {ROW(gateway, "mark", MASKED, mark), .default_value = "0x6e",
     .prose =
         "The mark of diverted packets, which a policy rule matches. VALUE, or VALUE/MASK, where VALUE has "
         "no bits outside of MASK; the other bits of a packet's mark are left unchanged. Several proxies "
         "require a mask: they are "
         "numbered within it, from VALUE up in steps of the lowest bit of the mask (with 0x6e00/0xff00 they "
         "are 0x6e00, 0x6f00 and so on), and TPROXY or source = client uses the number after them."},
    {ROW(gateway, "table", NUMBER, table), .default_value = "200",
     .prose =
         "The routing table whose default route is the first proxy. Each further proxy has the next number; "
         "then follow the table for TPROXY or source = client, and the one that refuses unmarked mail "
         "(no_proxy = block). Names for these tables can be added to /etc/iproute2/rt_tables.d.",
     .min = 1, .max = UINT32_MAX},
    {ROW(gateway, "proxies", HOSTS, proxies), .default_value = "",
     .prose = "With the role mirror: the hosts that run the proxy, on a network of this host. Several "
              "proxies of one address family share the connections. An address of this host itself means the "
              "proxy that runs here. For a family without a proxy, no_proxy applies.",
     .max = CONF_LIST_MAX},
    {ROW(gateway, "spread", CHOICE, spread), .default_value = "client",
     .prose = "How connections are distributed over several proxies. client: all connections of one client "
              "address go to the same proxy. connection: each connection is distributed on its own. A "
              "connection always stays with the proxy on which it began.",
     .choices = spreads},
    {ROW(gateway, "no_proxy", CHOICE, no_proxy), .default_value = "block",
     .prose = "What happens to connections while no proxy is alive. block: they are refused, so that no mail "
              "passes unscanned; mail that is about to be forwarded past the proxies is refused, too. pass: "
              "they go to the server, unscanned.",
     .choices = no_proxies},
    {ROW(gateway, "bypass", NETWORKS, bypass), .default_value = "",
     .prose = "Clients and servers that are exempt from scanning: addresses or networks.",
     .max = CONF_LIST_MAX},
    {ROW(gateway, "notrack", FLAG, notrack), .default_value = "yes",
     .prose = "The mirror sees only one direction of a diverted connection, because the proxy answers the "
              "client directly. A firewall on the mirror that drops packets of state invalid would therefore "
              "drop the client's packets. yes: the kernel's connection tracking ignores diverted "
              "connections. no: diverted connections are tracked, for a firewall that counts connections and "
              "lets invalid packets pass."},
    {ROW(gateway, "probe_interval", TIME, probe_ms), .default_value = "2s",
     .prose = "The interval at which postern gateway watch connects to each proxy, to find out whether the "
              "proxy is alive.",
     .min = SECOND / 10, .max = HOUR},

    {ROW(spool, "directory", PATH, directory), .default_value = "/var/spool/postern/spool",
     .prose = "Where messages that are too large for memory wait for their verdict. If the directory is "
              "missing, it is created at start; its parent must exist, unless that is /var/spool/postern. If "
              "it exists, [postern] user must be able to read and write it."},
    {ROW(spool, "memory_max", BYTES, memory_max_bytes), .default_value = "1M",
     .prose =
         "A message up to this size waits for its verdict in memory, unless memory_total_max is reached.",
     .min = 0, .max = GIB},

    {ROW(spool, "memory_total_max", BYTES, memory_total_max_bytes), .default_value = "256M",
     .prose = "The limit for all messages in memory together; beyond it, messages go to disk whatever their "
              "size. The scan process uses at most the same amount again, but at least 1M, for the further "
              "forms in which it gives a message to the engines because mail programs read it differently. A "
              "message is unscannable (limits) if its further forms alone exceed this.",
     .min = 0, .max = 1024 * GIB},
    {ROW(spool, "min_free", BYTES, min_free_bytes), .default_value = "16M",
     .prose = "The space that must stay free on the disk of this directory. A message is requested only "
              "while this much is "
              "free, plus the size of the message if LIST has reported it and it is too large for memory; "
              "otherwise the client receives a temporary error. 0: no limit.",
     .min = 0, .max = 1024 * GIB},

    {ROW(scan, "engines", ENGINES, engines), .default_value = "builtin",
     .prose = "The scan engines. builtin: ClamAV's engine in Postern's own processes. clamd: ClamAV's "
              "daemon. command: a program that is started for each message. none: no scanning; cannot be "
              "combined. If there are several, each scans the message and the worst verdict applies.",
     .min = 1, .max = CONF_LIST_MAX, .choices = engines},
    {ROW(scan, "cache_entries", NUMBER, cache_entries), .default_value = "10000",
     .prose = "The number of verdicts that are remembered, so that a message to many users is scanned once; "
              "each takes some 600 bytes. New signatures clear them. 0: none. With the engine command none "
              "are remembered in any case.",
     .min = 0, .max = 10000000},
    {ROW(scan, "deadline", TIME, deadline_ms), .default_value = "2m",
     .prose = "The maximum time for scanning one message, or one further form of it, not counting the time "
              "in the queue, which may be up to an hour. After it the message is unscannable (limits), "
              "unless the engine answered no "
              "other request either: then the scan has failed.",
     .min = SECOND / 10, .max = HOUR},
    {ROW(scan, "self_test", SELF_TEST, self_test), .default_value = "eicar",
     .prose = "What each engine must detect, as an attachment of a mail and as a file, before its verdicts "
              "are trusted; it must also find a harmless mail clean. The test runs at start, after each "
              "change of signatures and whenever the engine has failed. Until the engine has passed, "
              "messages wait for the test, and their scans fail if the engine fails it. eicar: the EICAR "
              "test virus. A path: a file that this site's signatures detect; it is read at start. none: "
              "engines are trusted without a test."},
    {ROW(scan, "give_up_after", TIME, give_up_ms), .default_value = "10m",
     .prose = "A message is unscannable (engine) if an engine fails for it three times, over at least this "
              "time, and passes its self test each time.",
     .min = SECOND, .max = DAY},

    {ROW(clamd, "socket", SOCKETS, socket), .default_value = "/run/clamav/clamd.ctl",
     .prose = "The address of clamd; several are tried in turn for each message. A Unix socket is passed the "
              "message as a descriptor, so clamd must run on this machine; to a TCP port the message is "
              "sent. Set AlertExceedsMax and AlertEncrypted in clamd's own configuration: without them clamd "
              "answers OK for parts that it did not scan.",
     .min = 1, .max = CONF_LIST_MAX},
    {ROW(clamd, "connections", NUMBER, connections), .default_value = "6",
     .prose =
         "The maximum number of messages that are sent to clamd at a time; less than clamd's MaxThreads. Two "
         "of them (one if there are only two) are reserved for clients whose messages were scanned quickly, "
         "so that messages that take long do not hold up all others.",
     .min = 1, .max = 1000},

    {ROW(builtin, "database", PATH, database), .default_value = "/var/lib/clamav",
     .prose = "The directory of the signatures, as maintained by freshclam. Postern does not start without "
              "signatures."},
    {ROW(builtin, "workers", AUTO, workers), .default_value = "auto",
     .prose =
         "The number of messages that are scanned at a time and may take long. auto: one per core. One more "
         "process scans messages of other clients meanwhile, each for half a second at most; a message that "
         "takes longer waits for one of the others.",
     .min = 1, .max = 255},
    {ROW(builtin, "scan_max", BYTES, max_scan_bytes), .default_value = "400M",
     .prose = "How much data of one message is scanned in total, including unpacked parts. A message that "
              "exceeds this is unscannable (limits); the same holds for the next three settings.",
     .min = KIB, .max = 4 * GIB - 1},
    {ROW(builtin, "file_max", BYTES, max_file_bytes), .default_value = "100M",
     .prose = "The maximum size of a part, or of a file in an archive.", .min = KIB, .max = 2 * GIB - 1},
    {ROW(builtin, "max_recursion", NUMBER, max_recursion), .default_value = "17",
     .prose = "The maximum nesting depth of parts and archives.", .min = 1, .max = 100},
    {ROW(builtin, "max_files", NUMBER, max_files), .default_value = "10000",
     .prose = "The maximum number of parts and files in one message.", .min = 1, .max = 1000000},
    {ROW(builtin, "reload", CHOICE, reload), .default_value = "parallel",
     .prose = "How changed signatures are put into use. parallel: they are loaded and tested beside the old "
              "ones, which requires memory for both; no message has to wait, and a set that does not load is "
              "refused. restart: the old ones are unloaded first; meanwhile messages wait, and as long as "
              "the new set does not load, all mail stays on its server.",
     .choices = signature_reloads},

    {ROW(command, "run", COMMAND, run), .default_value = "/usr/bin/clamscan --no-summary -i",
     .prose =
         "The program and its arguments. The line is split into words as by a shell, but no shell runs it. "
         "The path of a file with the message, which the program can read but not write, is added as the "
         "last argument. Its name ends in .eml if it is a mail, and has no extension if it is a file."},
    {ROW(command, "directory", PATH_OR_NONE, directory), .default_value = "",
     .prose = "The directory of the files with the messages, each of which exists for the duration of its "
              "scan. Empty: \"scan\" in the directory of [spool]. If the directory that is set here is "
              "missing, it is created at start; its parent must exist, unless that is /var/spool/postern. If "
              "it exists, [postern] user must be able to read and write it, and others must have no access."},
    {ROW(command, "group", NAME_OR_NONE, group), .default_value = "",
     .prose =
         "A group whose members can also read these files: that of a daemon to which the program passes the "
         "file's name. Requires a directory, which must then belong to that group and have mode 2710."},
    {ROW(command, "clean_codes", NUMBERS, clean_codes), .default_value = "0",
     .prose = "Exit codes that mean clean.", .min = 0, .max = 255},
    {ROW(command, "infected_codes", NUMBERS, infected_codes), .default_value = "1",
     .prose = "Exit codes that mean infected. Any other code is a failed scan.", .min = 0, .max = 255},
    {ROW(command, "name", REGEX, name), .default_value = ".*: (.*) FOUND",
     .prose =
         "A regular expression (PCRE2) that finds the name of the virus in a line of the program's output."},
    {ROW(command, "name_group", NUMBER, name_group), .default_value = "1",
     .prose = "The group in name that matches the name of the virus; 0: the whole match.", .min = 0,
     .max = 99},
    {ROW(command, "name_ungreedy", FLAG, name_ungreedy), .default_value = "no",
     .prose = "Exchanges the meanings of * and *? in name, as in P3Scan."},
    {ROW(command, "workers", AUTO, workers), .default_value = "auto",
     .prose = "The number of programs that run at a time. auto: one per core.", .min = 1, .max = 256},

    {ROW(policy, "infected", CHOICE, infected), .default_value = "quarantine",
     .prose = "An engine found a virus: the client receives a notice, and the original is kept in the "
              "quarantine or deleted.",
     .choices = when_infected},
    {ROW(policy, "encrypted", CHOICE, encrypted), .default_value = "deliver",
     .prose = "A part is password-protected. deliver adds a mark to the message: X-Postern: not scanned "
              "(encrypted). quarantine delivers a notice instead. refuse answers -ERR and leaves the message "
              "on the server. The same values apply to the next six settings.",
     .choices = when_unscannable},
    {ROW(policy, "limits", CHOICE, limits), .default_value = "quarantine",
     .prose = "A limit of the engine, or the deadline, ended the scan before it was complete.",
     .choices = when_unscannable},
    {ROW(policy, "malformed", CHOICE, malformed), .default_value = "quarantine",
     .prose = "Mail readers would disagree on what the message contains, or on where it ends because its "
              "final dot is between bare line feeds; or an attachment in TNEF (winmail.dat) is damaged. A "
              "message with such a dot before its end is never "
              "delivered: deliver means quarantine for it.",
     .choices = when_unscannable},
    {ROW(policy, "unsupported", CHOICE, unsupported), .default_value = "quarantine",
     .prose = "The message contains an archive, a compressed file or a disk image that the engine cannot "
              "open, possibly after other data, as in a self-extracting archive. postern check --containers "
              "lists the formats. Engine builtin only: clamd and programs do not report what they opened.",
     .choices = when_unscannable},
    {ROW(policy, "partial", CHOICE, partial), .default_value = "quarantine",
     .prose =
         "The message is one of several pieces that the mail program joins (message/partial), or a part of "
         "it is elsewhere (message/external-body): no engine ever scans the whole.",
     .choices = when_unscannable},
    {ROW(policy, "ambiguous", CHOICE, ambiguous), .default_value = "deliver",
     .prose =
         "The message has content that its declared structure hides, as by a second boundary or a part after "
         "the end, and that some mail programs show. All of it was scanned and is clean. Ordinary mail is "
         "not ambiguous.",
     .choices = when_unscannable},
    {ROW(policy, "engine", CHOICE, engine), .default_value = "quarantine",
     .prose = "A healthy engine has failed for this message three times: see [scan] give_up_after.",
     .choices = when_unscannable},
    {ROW(policy, "failed", CHOICE, failed), .default_value = "refuse",
     .prose = "An engine returned no result, and none found a virus. refuse: the client receives a temporary "
              "error. deliver: the message is delivered with a mark: X-Postern: not scanned (failed).",
     .choices = when_failed},

    {ROW(quarantine, "directory", PATH, directory), .default_value = "/var/spool/postern/quarantine",
     .prose = "The directory of the originals and records. It is created at start like that of [spool], but "
              "for the user of the next setting."},
    {ROW(quarantine, "user", NAME_OR_NONE, user), .default_value = "",
     .prose = "The user of the only process that writes to the quarantine. Empty: the user of [postern]."},
    {ROW(quarantine, "retention", TIME, retention_ms), .default_value = "90d",
     .prose = "How long an incident is kept after its message was last fetched; then the original and its "
              "record are removed. 0s: until it is deleted by command. Nothing is removed early because the "
              "wall clock is wrong for a while, or is set.",
     .min = 0, .max = 36500 * DAY},
    {ROW(quarantine, "max_bytes", BYTES, max_bytes), .default_value = "10G",
     .prose =
         "The limit for the originals together; content that several users received counts once. A message "
         "that would exceed it is stored only if others can be removed: first those past their retention, "
         "then originals that were released. Otherwise the client receives a temporary error, and the "
         "message stays on the server. 0: no limit. The next three settings work in the same way.",
     .min = 0, .max = 1024 * 1024 * GIB},
    {ROW(quarantine, "max_incidents", NUMBER, max_incidents), .default_value = "100000",
     .prose = "The maximum number of incidents.", .min = 0, .max = UINT32_MAX},
    {ROW(quarantine, "min_free_bytes", BYTES, min_free_bytes), .default_value = "64M",
     .prose = "How much space must remain free on the disk of the quarantine.", .min = 0,
     .max = 1024 * 1024 * GIB},
    {ROW(quarantine, "min_free_inodes", NUMBER, min_free_inodes), .default_value = "256",
     .prose = "How many further files the disk of the quarantine must be able to hold; an incident is two "
              "files. 0: no limit. "
              "A file system that does not count inodes (btrfs, FAT) always has enough.",
     .min = 0, .max = UINT32_MAX},
    {ROW(quarantine, "release_for", TIME, release_ms), .default_value = "7d",
     .prose = "How long a release by postern quarantine release is in effect. It applies to the same content "
              "for the same user and server, or for everyone. If the server rewrites the mail at each fetch, "
              "the release also applies to other bytes for that user: with the same unique-id (UIDL), "
              "verdict, sender, subject "
              "and message id, and nearly the same size.",
     .min = SECOND, .max = 3650 * DAY},

    {ROW(notice, "language", LANGUAGES, languages), .default_value = "en",
     .prose = "The language of notices: de, en, es, fr, it, nl, pl, pt, or the name of your own template, "
              "NAME.mail, in the same directory. It can be followed by client networks with other languages; "
              "the first network that contains the client applies.",
     .min = 1, .max = CONF_LIST_MAX},
    {ROW(notice, "directory", PATH_OR_NONE, directory), .default_value = "",
     .prose = "The directory of the templates. Empty: \"notices\", beside the installed postern.conf."},
    {ROW(notice, "template", PATH_OR_NONE, template), .default_value = "",
     .prose = "A template file that replaces that of the first language. P3Scan's templates can be used."},
    {ROW(notice, "subject", TEXT, subject), .default_value = "",
     .prose = "The subject of notices, to which the name of the virus is appended. Empty: the wording of the "
              "language (in English: \"[virus] in a message for you:\")."},
    {ROW(notice, "deleted", TEXT, deleted), .default_value = "",
     .prose = "What a notice says about an original that was deleted. Empty: the wording of the language."},
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

const char *schema_closest_key(struct span section, struct span key)
{
    struct token_closest closest = token_closest_to(key);

    for (size_t i = 0; i < SETTINGS; i++)
        if (span_eq(section, span_of(settings[i].section)))
            token_closest_try(&closest, settings[i].key);
    return closest.found;
}

const char *schema_closest_section(struct span section)
{
    struct token_closest closest = token_closest_to(section);

    for (size_t i = 0; i < SETTINGS; i++)
        token_closest_try(&closest, settings[i].section);
    return closest.found;
}

const char *schema_section_of(struct span key)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (span_eq(key, span_of(settings[i].key)))
            return settings[i].section;
    return NULL;
}
