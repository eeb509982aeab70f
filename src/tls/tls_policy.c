#include "tls/tls_policy.h"

#include "base/address.h"
#include "base/network.h"
#include "base/token.h"
#include "tls/tls_names.h"

enum { ALERT_BAD_CERTIFICATE = 42, ALERT_UNKNOWN_CA = 48, ALERT_INTERNAL_ERROR = 80 };

enum tls_fault tls_fault_worst(unsigned faults)
{
    for (unsigned fault = TLS_FAULTS - 1; fault > TLS_OK; fault--)
        if (faults & 1U << fault)
            return fault;
    return TLS_OK;
}

const char *tls_fault_word(enum tls_fault fault)
{
    static const char *const words[TLS_FAULTS] = {
        [TLS_OK] = "none",   [TLS_EXPIRED] = "expired",     [TLS_NOT_YET_VALID] = "not_yet_valid",
        [TLS_NAME] = "name", [TLS_UNTRUSTED] = "untrusted", [TLS_REVOKED] = "revoked",
        [TLS_WEAK] = "weak", [TLS_MISUSED] = "misused",
    };

    return words[fault];
}

static enum tls_action of_bad(enum tls_bad bad)
{
    return bad == TLS_BAD_MIRROR ? TLS_ACT_MIRROR : bad == TLS_BAD_EXPLAIN ? TLS_ACT_EXPLAIN : TLS_ACT_REFUSE;
}

static enum tls_action of_no_name(enum tls_no_sni no_sni)
{
    return no_sni == TLS_NO_SNI_MIRROR   ? TLS_ACT_MIRROR
           : no_sni == TLS_NO_SNI_BYPASS ? TLS_ACT_BYPASS
                                         : TLS_ACT_REFUSE;
}

static enum tls_action action_of(const struct conf_tls *conf, enum tls_fault fault)
{
    switch (fault) {
    case TLS_OK: return TLS_ACT_INTERCEPT;
    case TLS_EXPIRED: return of_bad(conf->expired);
    case TLS_NOT_YET_VALID: return of_bad(conf->not_yet_valid);
    case TLS_NAME: return of_bad(conf->name);
    case TLS_UNTRUSTED: return of_bad(conf->untrusted);
    case TLS_WEAK: return conf->old_server == TLS_INSTEAD_BYPASS ? TLS_ACT_BYPASS : TLS_ACT_REFUSE;
    case TLS_REVOKED:
    case TLS_MISUSED:
    case TLS_FAULTS: break;
    }
    return TLS_ACT_REFUSE;
}

struct tls_decision tls_policy_decide(const struct conf_tls *conf, unsigned faults, bool has_name)
{
    struct tls_decision decision = {TLS_ACT_INTERCEPT, TLS_OK, (faults & tls_fault_bit(TLS_UNTRUSTED)) != 0};

    if (!has_name)
        decision.action = of_no_name(conf->no_sni);
    for (enum tls_fault fault = TLS_OK + 1; fault < TLS_FAULTS; fault++) {
        enum tls_action action = faults & tls_fault_bit(fault) ? action_of(conf, fault) : TLS_ACT_INTERCEPT;

        if (action > TLS_ACT_INTERCEPT && action >= decision.action) {
            decision.action = action;
            decision.fault = fault;
        }
    }
    return decision;
}

int tls_policy_alert(enum tls_fault fault)
{
    return fault == TLS_OK          ? ALERT_INTERNAL_ERROR
           : fault == TLS_UNTRUSTED ? ALERT_UNKNOWN_CA
                                    : ALERT_BAD_CERTIFICATE;
}

static bool has_client(const struct inet_networks *networks, const union inet_address *client)
{
    for (size_t i = 0; i < networks->n; i++)
        if (network_has(&networks->at[i], client))
            return true;
    return false;
}

static bool has_port(const struct inet_ports *ports, uint16_t port)
{
    for (size_t i = 0; i < ports->n; i++)
        if (ports->at[i] == port)
            return true;
    return false;
}

static bool has_address(const char *bypass, const union inet_address *address)
{
    struct span word;

    for (struct span rest = span_of(bypass); token_next_word(&rest, &word);) {
        struct inet_network network = {0};

        if (network_read(word, &network) && network_has(&network, address))
            return true;
    }
    return false;
}

bool tls_bypass_has_name(const char *bypass, struct span name)
{
    struct span word;

    for (struct span rest = span_of(bypass); token_next_word(&rest, &word);)
        if (tls_name_touches(word, name))
            return true;
    return false;
}

enum tls_bypass tls_bypass_of(const struct conf_tls *conf, const union inet_address *client,
                              const union inet_address *server, struct span sni)
{
    if (has_client(&conf->bypass_clients, client))
        return TLS_BYPASS_CLIENT;
    if (has_port(&conf->bypass_ports, address_port(server)))
        return TLS_BYPASS_PORT;
    if (has_address(conf->bypass, server))
        return TLS_BYPASS_ADDRESS;
    return tls_bypass_has_name(conf->bypass, sni) ? TLS_BYPASS_NAME : TLS_BYPASS_NONE;
}
