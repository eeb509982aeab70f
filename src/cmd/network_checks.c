#include "cmd/network_checks.h"

#include "net/listen.h"
#include "net/reverse_path.h"
#include "net/outgoing.h"

#include <arpa/inet.h>
#include <errno.h>

static void check_reverse_path(const struct conf *conf, struct problems *problems)
{
    char interface[IF_NAMESIZE];

    if (!conf_has_interception(conf, INTERCEPTION_TPROXY) && conf->upstream.source != SOURCE_CLIENT)
        return;
    if (reverse_path_uses_marks(interface))
        problems_add(problems, false,
                     "interface %s has rp_filter and src_valid_mark: together they drop packets that policy "
                     "rules by mark keep on this host; set src_valid_mark of %s and of all to 0 in "
                     "net.ipv4.conf",
                     interface, interface);
}

static bool is_transparent_allowed(const struct conf_listener *listener)
{
    for (size_t i = 0; i < listener->listen.n; i++)
        if (!listen_is_allowed(listener->listen.at[i].any.sa_family, true))
            return false;
    return true;
}

void network_check_interception(const struct conf *conf, struct problems *problems)
{
    bool is_allowed = true;

    for (enum protocol_id protocol = 0; is_allowed && protocol < PROTOCOLS_MAX; protocol++) {
        const struct conf_listener *listener = conf_listener_of(conf, protocol);

        is_allowed = listener->interception != INTERCEPTION_TPROXY || is_transparent_allowed(listener);
    }
    if (!is_allowed)
        problems_add(problems, true, "interception = tproxy needs root: %s", strerror(errno));
    check_reverse_path(conf, problems);
}

static void check_source(const struct identity *user, struct problems *problems)
{
    /* 192.0.2.0/24 is reserved for documentation (RFC 5737). */
    const struct sockaddr_in foreign = {.sin_family = AF_INET, .sin_addr = {htonl(0xc0000201)}};
    const struct outgoing outgoing = {.source = (const struct sockaddr *)(const void *)&foreign};
    int error = outgoing_probe(&outgoing, user);

    if (error)
        problems_add(problems, true, "source = client needs root: %s", strerror(error));
}

static void check_mark(uint32_t mark, const struct identity *user, struct problems *problems)
{
    const struct outgoing outgoing = {.mark = mark};
    int error = outgoing_probe(&outgoing, user);

    if (error)
        problems_add(problems, true, "[upstream] mark needs root, and Linux 5.17 or newer: %s",
                     strerror(error));
}

void network_check_upstream(const struct conf *conf, const struct identity *user, struct problems *problems)
{
    if (conf->upstream.source == SOURCE_CLIENT)
        check_source(user, problems);
    if (conf->upstream.mark)
        check_mark(conf->upstream.mark, user, problems);
}
