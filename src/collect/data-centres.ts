/**
 * Autonomous systems of hosting companies, in which servers stand and hardly a person sits. Left out on
 * purpose: networks through which people browse although they belong to such companies (Cloudflare, Fastly
 * and Akamai carry iCloud Private Relay and WARP; M247 and Datacamp most VPN services).
 */
const HOSTING: ReadonlySet<number> = new Set([
  // Amazon, Google, Microsoft, Oracle, IBM
  16509, 14618, 8987, 7224, 396982, 15169, 19527, 8075, 31898, 36351,
  // Alibaba, Tencent, Huawei, UCloud, Yandex
  45102, 37963, 134963, 132203, 45090, 133478, 136907, 55990, 135377, 200350,
  // DigitalOcean, Linode, Vultr, Rackspace, Packet
  14061, 393406, 63949, 48337, 20473, 33070, 19994, 27357, 15395, 54825,
  // OVH, Hetzner, Scaleway, Contabo, IONOS, netcup, Strato, Host Europe, Infomaniak, Exoscale, UpCloud
  16276, 35540, 24940, 213230, 12876, 51167, 40021, 8560, 197540, 6724, 8972, 20773, 29222, 61098, 202053,
  // Leaseweb
  60781, 28753, 16265, 30633, 7203, 396362, 395954, 59253, 133752,
  // Aruba, GleSYS, Anexia, Worldstream, Clouvider, Serverius, velia.net, GHOSTnet, firstcolo, PlusServer
  31034, 42708, 42473, 49981, 62240, 50673, 29066, 30083, 12586, 44066, 61157,
  // Hostinger, GoDaddy, Namecheap, HostPapa and ColoCrossing, Unified Layer, Network Solutions, Liquid Web
  47583, 26496, 22612, 36352, 54290, 46606, 19871, 32244,
  // Hivelocity, Psychz, QuadraNet, Performive, FranTech, IT7, Interserver, GTHost, EGIHosting, tzulo, FDC, Servers.com
  29802,
  61317, 40676, 8100, 46562, 53667, 25820, 19318, 63023, 18779, 11878, 30058, 7979,
  // Selectel, Timeweb, Gcore, Zenlayer, Xserver, Naver Cloud, NHN Cloud
  49505, 9123, 199524, 21859, 131965, 23576, 45974,
]);

/**
 * @param asn number of an autonomous system (RFC 6793).
 */
export const isHosting = (asn: number): boolean => HOSTING.has(asn);
