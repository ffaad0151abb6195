package jstack.manifest.policy;

import java.util.List;
import jstack.diag.Origin;
import jstack.linux.IpPrefix;
import jstack.manifest.Attachment;
import jstack.manifest.Egress;
import jstack.manifest.Manifest;
import jstack.manifest.NetworkSpec;
import jstack.manifest.Service;

/**
 * Holds what services may connect to against {@code networks.egress} of a policy. Who is on no
 * network, or on internal ones alone, gets nowhere; the services of the stack may always be named.
 */
final class PolicyEgress {
  private static final String KEY = "networks.egress";
  private static final List<IpPrefix> EVERYWHERE =
      List.of(IpPrefix.parse("0.0.0.0/0").orElseThrow(), IpPrefix.parse("::/0").orElseThrow());

  private final Policy policy;
  private final Refusals refusals;

  PolicyEgress(Policy policy, Refusals refusals) {
    this.policy = policy;
    this.refusals = refusals;
  }

  void check(Service service, Manifest manifest) {
    List<Egress.Rule> allowed = policy.egress();
    if (allowed == null || !getsOut(service, manifest)) {
      return;
    }
    String says = allowed.isEmpty() ? "nowhere" : Refusals.joined(allowed);
    Egress egress = service.networking().egress();
    Egress.Rule all = new Egress.Rule(null, null, 0, 0, null, Origin.NONE);
    if ((egress == null || egress.allowByDefault()) && !covers(allowed, all)) {
      refusals.refuse(
          service.at(egress == null ? "networks" : "egress.default"),
          service.name() + " may connect to everything, which the policy does not allow",
          KEY,
          says,
          "write egress: {default: deny, allow: ["
              + (allowed.isEmpty() ? "" : "\"" + allowed.get(0) + "\"")
              + "]}, or a network that is internal");
      return;
    }
    for (Egress.Rule rule : egress == null ? List.<Egress.Rule>of() : egress.allow()) {
      if (rule.service() == null && !covers(allowed, rule)) {
        String message = rule + " is more than the policy allows to connect to";
        refusals.refuse(rule.origin(), message, KEY, says, "");
      }
    }
  }

  private static boolean getsOut(Service service, Manifest manifest) {
    for (Attachment attachment : service.networking().attachments()) {
      NetworkSpec network = manifest.networks().get(attachment.network());
      if (network == null || !network.internal()) {
        return true;
      }
    }
    return false;
  }

  /** Everything is what is all of IPv4 and all of IPv6. */
  private static boolean covers(List<Egress.Rule> allowed, Egress.Rule rule) {
    if (allowed.stream().anyMatch(each -> covers(each, rule))) {
      return true;
    }
    return rule.destination() == null
        && EVERYWHERE.stream().allMatch(all -> covers(allowed, to(all, rule)));
  }

  private static Egress.Rule to(IpPrefix destination, Egress.Rule rule) {
    return new Egress.Rule(
        destination, null, rule.firstPort(), rule.lastPort(), rule.protocol(), rule.origin());
  }

  private static boolean covers(Egress.Rule allowed, Egress.Rule rule) {
    IpPrefix within = allowed.destination();
    IpPrefix to = rule.destination();
    boolean place =
        within == null || (to != null && within.length() <= to.length() && within.overlaps(to));
    boolean ports =
        allowed.firstPort() == 0
            || (rule.firstPort() >= allowed.firstPort() && rule.lastPort() <= allowed.lastPort());
    return place && ports && (allowed.protocol() == null || allowed.protocol() == rule.protocol());
  }
}
