#include "gateway/apply/gateway_state.h"

#include <stdlib.h>

void gateway_state_add_rule(struct gateway_state *state, const struct gateway_rule *rule)
{
    for (size_t i = 0; i < state->rule_count; i++)
        if (gateway_rule_equals(&state->rules[i], rule))
            return;
    state->rules = mem_grow(state->rules, state->rule_count + 1, sizeof *state->rules);
    state->rules[state->rule_count] = *rule;
    state->rules[state->rule_count++].why = NULL;
}

void gateway_state_add_route(struct gateway_state *state, const struct gateway_route *route)
{
    for (size_t i = 0; i < state->route_count; i++)
        if (gateway_route_equals(&state->routes[i], route))
            return;
    state->routes = mem_grow(state->routes, state->route_count + 1, sizeof *state->routes);
    state->routes[state->route_count] = *route;
    state->routes[state->route_count++].why = NULL;
}

const struct gateway_saved *gateway_state_find(const struct gateway_state *state, const char *path)
{
    for (size_t i = 0; i < state->saved_count; i++)
        if (strcmp(state->saved[i].path, path) == 0)
            return &state->saved[i];
    return NULL;
}

void gateway_state_add_saved(struct gateway_state *state, const char *path, const char *before,
                             const char *ours)
{
    if (gateway_state_find(state, path))
        return;
    state->saved = mem_grow(state->saved, state->saved_count + 1, sizeof *state->saved);
    state->saved[state->saved_count++] =
        (struct gateway_saved){mem_copy_string(span_of(path)), mem_copy_string(span_of(before)),
                               ours ? mem_copy_string(span_of(ours)) : NULL};
}

void gateway_state_fini(struct gateway_state *state)
{
    for (size_t i = 0; i < state->saved_count; i++) {
        free(state->saved[i].path);
        free(state->saved[i].before);
        free(state->saved[i].ours);
    }
    free(state->saved);
    free(state->rules);
    free(state->routes);
    buf_fini(&state->table);
    *state = (struct gateway_state){0};
}
