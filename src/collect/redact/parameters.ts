/** What a parameter holds of a person; also the placeholder that its value becomes. */
export type PersonalKind =
  | 'email'
  | 'phone'
  | 'name'
  | 'address'
  | 'birth'
  | 'token'
  | 'id'
  | 'iban'
  | 'card'
  | 'ip';

/**
 * Common names of parameters, fields and custom properties that hold a person's data, in the languages of
 * most European sites, without separators, digits and accents.
 */
const NAMES: Readonly<Record<PersonalKind, string>> = {
  email: `email emails mail mails emailaddress mailaddress emailadresse mailadresse emailadres useremail
    usermail correo correoelectronico courriel adressemail adresseemail indirizzoemail epost epostadress
    sahkoposti eposta adresemail recipientemail fromemail toemail replyto mailto`,
  phone: `phone phonenumber telephone telephonenumber tel telno telnr telnumber telefon telefonnummer telefono
    telefone telefoon telefoonnummer rufnummer handy handynummer mobile mobilephone mobilenumber mobil
    mobilnummer mobiel movil celular cellphone cellnumber numerotelephone gsm msisdn fax faxnumber
    whatsapp puhelin puhelinnumero nrtelefonu numertelefonu cellulare telemovel phoneno contactno contactnumber`,
  name: `name names firstname fname lastname lname surname forename givenname familyname middlename maidenname
    fullname realname nickname nick username screenname displayname loginname login accountname contactname
    customername clientname membername guestname patientname studentname employeename recipientname sendername
    cardholder cardholdername accountholder ownername billingname shippingname yourname myname user
    vorname nachname familienname benutzername nutzername kundenname ansprechpartner
    nom prenom nomfamille nomutilisateur pseudo nombre nombres apellido apellidos nombrecompleto
    nome cognome nomeutente sobrenome nomecompleto naam voornaam achternaam gebruikersnaam
    navn fornavn etternavn efternavn namn fornamn efternamn nimi etunimi sukunimi
    imie nazwisko jmeno prijmeni nume prenume vezeteknev keresztnev soyad isim`,
  address: `address addr address1 homeaddress streetaddress postaladdress billingaddress shippingaddress
    deliveryaddress addressline street streetname housenumber houseno zip zipcode postcode postalcode postal
    adresse anschrift strasse hausnummer plz postleitzahl rue codepostal direccion calle codigopostal domicilio
    indirizzo endereco morada rua adres straat huisnummer ulica kodpocztowy adress gata postnummer postnr
    lat latitude lng lon longitude latlng latlon latlong coords coordinates geolocation gps`,
  birth: `dob birth birthday birthdate dateofbirth bday birthyear yearofbirth geburtsdatum geburtstag geburtsjahr
    datenaissance datedenaissance naissance fechanacimiento fechadenacimiento nacimiento datadinascita
    datanascita datanascimento geboortedatum fodselsdato fodelsedatum syntymaaika dataurodzenia`,
  token: `password passwd passwort kennwort pass pwd pw passphrase passcode motdepasse mdp contrasena clave senha
    haslo wachtwoord losenord salasana parola secret clientsecret token accesstoken refreshtoken idtoken authtoken
    usertoken resettoken csrf csrftoken xsrf xsrftoken jwt bearer auth authkey authorization authentication
    authenticitytoken apikey appkey accesskey secretkey privatekey session sessionid sessid sess sid ssid sessionkey
    sessiontoken jsessionid phpsessid cfid cftoken zenid osessid sessao sitzung cookie otp pin cvv cvc cvv2
    securitycode verificationcode signature sig sso samlresponse nonce magiclink`,
  id: `userid uid uuid guid customerid customerno customernumber clientid clientno memberid memberno accountid
    accountno accountnumber subscriberid contactid personid visitorid leadid crmid loginid kundennummer kundennr kdnr
    kundenid mitgliedsnummer ssn socialsecuritynumber sin nin nino nationalid nationalinsurance svnr
    sozialversicherungsnummer steuerid steuernummer taxid tin bsn dni nif nie cpf cnpj curp pesel
    codicefiscale personnummer personnumber cpr fodselsnummer hetu nir passport passportno passportnumber
    reisepass ausweisnummer idcard driverslicense licenseplate kennzeichen kontonummer bankaccount
    gclid dclid gbraid wbraid fbclid msclkid ttclid twclid yclid mceid deviceid imei udid idfa gaid aaid adid`,
  iban: 'iban bankverbindung',
  card: 'cardnumber cardno creditcard creditcardnumber ccnumber ccnum kreditkarte kartennummer',
  ip: 'ip ipaddress ipaddr ipadresse clientip userip remoteip remoteaddr xforwardedfor',
};

const KINDS: ReadonlyMap<string, PersonalKind> = new Map(
  Object.entries(NAMES).flatMap(([kind, names]) =>
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, kind as PersonalKind] as const),
  ),
);

/** Said of whatever it stands behind, so that `customer_email` is an e-mail; `product_name` is no person's. */
const TELLING_ENDS = new Set(
  `email mail phone telephone telefon firstname lastname surname vorname nachname prenom apellido cognome username
  fullname nickname iban ssn passport password passwd passwort pwd token secret apikey jsessionid phpsessid dob birthday
  birthdate geburtsdatum zip zipcode postcode plz street strasse address adresse`.split(/\s+/),
);
const PERSONS = new Set(
  `first last full user customer client member contact account login person guest patient student employee buyer
  recipient sender holder owner subscriber lead visitor parent child billing shipping delivery legal`.split(
    /\s+/,
  ),
);
/** `email_hash` and `phone-number-2` are the e-mail and the phone all the same: a hash of either is soon undone. */
const ADDITIONS = new Set(
  'hash hashed md sha encoded encrypted base number nr no num id value val field input confirm confirmation'.split(
    ' ',
  ),
);

/**
 * What the values under a name are, as far as the name tells.
 *
 * @param name of a parameter or property, in any case and with any separators: `E-Mail`, `userPhone`, `first_name`.
 * @returns undefined for a name that says nothing of a person.
 */
export function personalKind(name: string): PersonalKind | undefined {
  const words = name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .split(/[^a-z]+/)
    .filter((word) => word !== '');
  for (; words.length > 0; words.pop()) {
    const kind = kindOf(words) ?? (words[0]!.length === 1 ? kindOf(words.slice(1)) : undefined);
    if (kind !== undefined || !ADDITIONS.has(words.at(-1)!)) return kind;
  }
  return undefined;
}

function kindOf(words: readonly string[]): PersonalKind | undefined {
  const whole = words.join('');
  const [beforeLast = '', last = ''] = words.slice(-2);
  if (words.length < 2) return KINDS.get(whole) ?? (whole.startsWith('aspsessionid') ? 'token' : undefined);
  for (let from = 0; from < words.length - 1; from++) {
    const kind = KINDS.get(words.slice(from).join(''));
    if (kind !== undefined) return kind;
  }
  if (TELLING_ENDS.has(last)) return KINDS.get(last);
  return last === 'name' && PERSONS.has(beforeLast) ? 'name' : undefined;
}

/** `name=` as in a query or a matrix parameter, `user[name]=` as forms have it, and `name:` as in a facet. */
const HEAD = /(?<![\p{L}\p{N}_.-])(\p{L}[\p{L}\p{N}_.-]{0,39})\]?(=|:(?![\s:/]))/gu;
const VALUE_END = /[;&?#/|"<>]/g;

/** A name before a colon is often no parameter (`Token:2049`), unless it is one of these. */
const BEFORE_COLON: ReadonlySet<PersonalKind | undefined> = new Set(['phone', 'name', 'birth', 'iban']);

/**
 * Replaces the values of parameters that a person's data is commonly in, wherever a text has some:
 * `/list;name=Joe%20Doe;page=2`. A value runs to the next separator, because decoding has made spaces of what
 * were none.
 */
export function redactParameters(text: string): string {
  if (!/[=:]/.test(text)) return text;
  let out = '';
  let done = 0;
  for (const { 0: head, 1: name = '', 2: sign, index } of text.matchAll(HEAD)) {
    const from = index + head.length;
    if (index < done || from >= text.length) continue;
    const kind = personalKind(name);
    if (kind === undefined || (sign === ':' && !BEFORE_COLON.has(kind))) continue;
    VALUE_END.lastIndex = from;
    const end = VALUE_END.exec(text)?.index ?? text.length;
    if (end === from || isPlaceholder(text, from)) continue;
    out += `${text.slice(done, from)}[${kind}]`;
    done = end;
  }
  return out + text.slice(done);
}

const PLACEHOLDERS = Object.keys(NAMES).map((kind) => `[${kind}]`);

/** Also one that the end of a text has cut. */
function isPlaceholder(text: string, from: number): boolean {
  if (text[from] !== '[') return false;
  const found = text.slice(from, from + 9);
  return PLACEHOLDERS.some(
    (one) => found.startsWith(one) || (one.startsWith(found) && found.length === text.length - from),
  );
}
