/* conf: the configuration as the program uses it.
 *
 * It is read from a native file (conf/native) or from a file of P3Scan (conf/p3scan). conf/schema has the
 * table of keys, with defaults and descriptions; the parsers, `postern check` and the manual use this table.
 * The parent reads the configuration at start and at each reload. Children inherit it at fork and never write
 * to it. */
#ifndef POSTERN_CONF_CONF_H
#define POSTERN_CONF_CONF_H

#include "base/buf.h"
#include "base/inet.h"
#include "base/log.h"
#include "base/problems.h"
#include "conf/conf_listener.h"
#include "conf/conf_tls.h"

enum { CONF_LIST_MAX = INET_LIST_MAX, CONF_PATH_MAX = 512, CONF_NAME_MAX = 64 };

enum upstream_source { SOURCE_PROXY, SOURCE_CLIENT };
enum gateway_role { GATEWAY_MIRROR = 1, GATEWAY_PROXY = 2, GATEWAY_LOCAL = 4 };
enum gateway_spread { SPREAD_CLIENT, SPREAD_CONNECTION };
enum gateway_no_proxy { NO_PROXY_BLOCK, NO_PROXY_PASS };
enum engine_kind { ENGINE_NONE, ENGINE_BUILTIN, ENGINE_CLAMD, ENGINE_COMMAND };
enum signature_reload { RELOAD_PARALLEL, RELOAD_RESTART };
enum action { ACTION_QUARANTINE, ACTION_DELETE, ACTION_DELIVER, ACTION_REFUSE };

struct conf_engines {
    size_t n;
    enum engine_kind at[CONF_LIST_MAX]; /* all are asked; the worst verdict counts */
};

struct conf_numbers {
    size_t n;
    unsigned at[CONF_LIST_MAX];
};

/* Languages of the built-in notices (notice/notice_words). */
#define CONF_LANGUAGES "en", "fr", "de", "es", "it", "pt", "nl", "pl"

struct conf_language {
    struct inet_network clients;
    char name[CONF_NAME_MAX + 1];
};

struct conf_languages {
    size_t n;
    struct conf_language at[CONF_LIST_MAX]; /* the first has no network, and is for all other clients */
};

struct conf {
    struct {
        char *user;
        unsigned relays; /* 0: auto, one per core */
        unsigned readers;
        enum log_level log_level;
        char *runtime_directory; /* /run/postern */
        char *pid_file;          /* empty: none */
    } postern;
    struct conf_listener listeners[PROTOCOLS_MAX]; /* index: enum protocol_id; see conf_listener_of */
    struct {
        bool top; /* P3Scan's enabletop; false: TOP is neither offered nor accepted */
    } pop3;
    struct {
        enum upstream_source source;
        unsigned mark; /* SO_MARK of connections to servers; 0: none */
    } upstream;
    struct conf_tls tls;
    struct {
        unsigned roles;                    /* bits of enum gateway_role; 0: this host has none */
        struct inet_interfaces interfaces; /* by which packets from clients arrive; not for the role local */
        struct inet_networks lan;          /* destinations that are never diverted */
        struct inet_ports ports;           /* ports of servers; connections to them are diverted */
        struct fwmark mark;
        unsigned table;                /* routing table; with several proxies the first one */
        struct inet_addresses proxies; /* without ports */
        enum gateway_spread spread;
        enum gateway_no_proxy no_proxy;
        struct inet_networks bypass; /* clients and servers that are forwarded unscanned */
        bool notrack;                /* the mirror keeps what it diverts out of connection tracking */
        uint64_t probe_ms;           /* `gateway watch`: interval of probes to each proxy */
    } gateway;
    struct {
        char *directory;                 /* for messages too large for memory */
        uint64_t memory_max_bytes;       /* a message up to this size is held in memory */
        uint64_t memory_total_max_bytes; /* limit for all messages in memory together */
        uint64_t min_free_bytes; /* if less is free on the directory's disk, no message is requested */
    } spool;
    struct {
        struct conf_engines engines;
        uint64_t deadline_ms; /* maximum time of each scan, without the time in the queue */
        unsigned cache_entries;
        char *self_test;     /* "eicar", "none", or the path of a file that every engine must detect */
        uint64_t give_up_ms; /* how long a healthy engine may fail for one message */
    } scan;
    struct {
        char *database;
        unsigned workers; /* 0: auto, one per core */
        uint64_t max_scan_bytes, max_file_bytes;
        unsigned max_recursion, max_files;
        enum signature_reload reload;
    } builtin;
    struct {
        struct inet_sockets socket; /* tried in turn */
        unsigned connections;       /* maximum number of messages at a time */
    } clamd;
    struct {
        char *run;       /* split into words, without a shell */
        char *directory; /* of the files passed to the program; empty: see conf_command_directory */
        char *group;     /* its members may also read these files; empty: none */
        struct conf_numbers clean_codes;    /* exit codes that mean clean */
        struct conf_numbers infected_codes; /* exit codes that mean infected */
        char *name;                         /* a PCRE2 pattern that finds the name of the virus */
        unsigned name_group;                /* the group of this pattern that matches the name */
        bool name_ungreedy;
        unsigned workers; /* number of processes; 0: auto */
    } command;
    struct {
        enum action infected, encrypted, limits, malformed, unsupported, partial, ambiguous, engine, failed;
    } policy;
    struct {
        char *directory;
        char *user;            /* empty: [postern] user */
        uint64_t retention_ms; /* counted from the last time the message was fetched; 0: no limit */
        uint64_t max_bytes;    /* of originals; 0: no limit, also in the next three */
        unsigned max_incidents;
        uint64_t min_free_bytes; /* minimum free space of the file system */
        unsigned min_free_inodes;
        uint64_t release_ms; /* lifetime of a release */
    } quarantine;
    struct {
        struct conf_languages languages; /* names of templates: "fr" is fr.mail in the directory */
        char *directory;                 /* of the templates; empty: the installed one */
        char *template;                  /* a file for the first language; empty: its usual template */
        char *subject;
        char *deleted; /* value of %VDINFO% if the original was destroyed; empty: a text in the language */
    } notice;
};

/* The caller's functions for access to files. conf itself opens no file. cmd/conf_load has functions for real
 * files. */
struct conf_files {
    /* Appends the whole file to *into. False: *error has the reason, without the path. */
    bool (*read)(void *context, const char *path, struct buf *into, struct buf *error);
    /* Appends the paths of all files *.conf in the directory, in byte order, each ended by a NUL. False:
     * *error has the reason. */
    bool (*list)(void *context, const char *directory, struct buf *into, struct buf *error);
    void *context;
};

/* A further check of a configuration. Reports problems by reading_problem_at, as conf/conf_validate does. */
struct reading;
typedef void (*conf_check)(struct reading *reading);

/* Fills conf from a file in the native format or P3Scan's [C1, C2]. The previous content is ignored, not
 * freed. All problems are reported, not only the first. False: there was an error. The caller must call
 * conf_fini in any case. `checks` is NULL, or an array that ends with NULL. cmd/conf_load reads real files,
 * with all checks. */
bool conf_read(struct conf *conf, const char *path, const struct conf_files *files, const conf_check *checks,
               struct problems *problems);
const struct conf_listener *conf_listener_of(const struct conf *conf, enum protocol_id protocol);
/* Returns whether connections to this port of a server begin with TLS, and are intercepted: [tls] mode is
 * intercept, and the port is in the listener's tls_ports. */
bool conf_is_tls_port(const struct conf *conf, enum protocol_id protocol, unsigned port);
/* Returns whether the listener may connect clients to this port of a server. */
bool conf_is_server_port(const struct conf *conf, enum protocol_id protocol, unsigned port);
/* Returns whether a listener with an address has this interception. */
bool conf_has_interception(const struct conf *conf, enum interception interception);
/* Appends the directory of the messages for the program of [command]. */
void conf_command_directory(const struct conf *conf, struct buf *out);
void conf_set_defaults(struct conf *conf);
void conf_fini(struct conf *conf);
/* Appends conf as a native file; without `all`, only settings that differ from their defaults. */
void conf_print(const struct conf *conf, bool all, struct buf *out);

#endif
