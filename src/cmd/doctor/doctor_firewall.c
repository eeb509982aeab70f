/* Checks whether packet filters of other programs drop mail on this host. */
#include "cmd/doctor/doctor_links.h"
#include "gateway/check/gateway_firewall.h"
#include "gateway/check/gateway_preconditions.h"

void doctor_check_firewall(struct doctor *doctor)
{
    struct gateway_obstacles obstacles = {0};
    struct problems problems = {0};

    if (gateway_preconditions_has_access(true, &problems))
        gateway_firewall_find(&doctor->prepared.gateway, &obstacles);
    doctor_take_problems(doctor, &problems, NULL);
    for (size_t i = 0; i < obstacles.n; i++) {
        const struct gateway_obstacle *at = &obstacles.at[i];

        (at->is_certain ? doctor_fault : doctor_warn)(doctor, at->cure, "%s", at->text);
    }
    gateway_obstacles_fini(&obstacles);
    doctor_ok(doctor, "no other packet filter drops mail");
}
