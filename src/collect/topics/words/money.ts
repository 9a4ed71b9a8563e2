/** Business, careers, personal finance, property and law. */
export const MONEY = `
52 Business and Finance: finance, financial news, wirtschaft, finanzen, economia y negocios, business news,
    bloomberg, handelsblatt, wall street, forbes, finanza, finanzas, financas, affaires?
  53 Business: business?, company?, enterprise?, entrepreneur, b2b, corporate, unternehmen, entreprise,
      empresa, negocio, negocios, azienda, geschaft?, businessman, businesswoman, gmbh
    54 Business Accounting & Finance: accounting, accountant, bookkeeping, balance sheet, cash flow,
        invoicing, invoice, payroll, audit?, buchhaltung, comptabilite, contabilidad, contabilidade,
        contabilita, quickbooks, rechnung, facture, fattura, steuerberater, ifrs, ledger?
    62 Business Administration: business administration, business plan, office management, büroverwaltung,
        mba, administration des affaires, businessplan
    63 Business Banking & Finance: business banking, corporate finance, business account, geschäftskonto,
        compte professionnel, investment banking, trade finance
      64 Angel Investment: angel investor, angel investment, business angel
      66 Business Loans: business loan, sba loan, unternehmenskredit, pret professionnel, commercial loan
      68 Mergers and Acquisitions: merger, takeover bid, acquisition?, mergers and acquisitions, m and a,
          fusion acquisition, hostile takeover, übernahmeangebot
      69 Private Equity: private equity, leveraged buyout, buyout firm, blackstone
      71 Venture Capital: venture capital, vc funding, series a funding, seed funding, seed round,
          sequoia capital, y combinator, risikokapital, capital risque, capital riesgo, term sheet
    72 Business I.T.: business it, enterprise it, enterprise software, erp, sap?, it management,
        digital transformation, digitalisierung, salesforce, it infrastructure, sharepoint,
        business intelligence, transformation numerique, crm
    73 Business Operations: business operations, supply management, process improvement, lean management,
        six sigma, procurement, outsourcing, kaizen, business process
    74 Consumer Issues: consumer rights, consumer protection, consumer report, verbraucherschutz,
        verbraucherzentrale, defensa del consumidor, direitos do consumidor, 60 millions consommateurs
      75 Recalls: product recall, food recall, rückruf, rappel de produits
    76 Executive Leadership & Management: leadership, chief executive, ceo, executive coach,
        board of directors, management team, führungskraft, liderazgo, lideranca, cfo, cto, middle management,
        managerial
    78 Green Solutions: green business, corporate sustainability, carbon offset, esg, green energy solution,
        nachhaltige unternehmen, circular economy
    55 Human Resources: human resources, recruiting, recruitment, employee engagement, onboarding,
        personalwesen, ressources humaines, recursos humanos, risorse umane, talent management, hr manager,
        talent acquisition, hr software, personalabteilung, workforce
    57 Logistics: logistics, supply chain, freight, warehouse?, shipping container, logistik, logistique,
        logistica, last mile delivery, fulfilment, courier, spedition, fracht
    58 Marketing and Advertising: marketing, advertising, advertiser, digital marketing, content marketing,
        email marketing, ad campaign, google ads, adwords, brand strategy, werbung, publicite, publicidad,
        publicidade, pubblicita, adtech, programmatic advertising, affiliate marketing, influencer marketing,
        market research, lead generation, media buying, dsp?, copywriter, public relations, conversion rate,
        growth hacking
    59 Sales: sales team, salesman, sales funnel, sales manager, cold calling, sales pipeline, vertrieb,
        b2b sales, sales pitch, account executive, force de vente
    60 Small and Medium-sized Business: small business, mittelstand, pme, pyme, family business,
        self employed, freelancer, freelance, autonomo, kleinunternehmer, auto entrepreneur, side hustle,
        selbstständig, sme
    61 Startups: startup, start up, unicorn startup, founder?, incubator, accelerator program, techcrunch,
        existenzgründer, entrepreneurship, pitch deck, emprendedor, empreendedorismo, product hunt,
        solopreneur, business model
  80 Economy: economy, economics, economist, gdp, inflation, konjunktur, economie, economia, recession,
      unemployment rate, trade balance, macroeconomics, supply and demand, bruttoinlandsprodukt,
      volkswirtschaft, tariff
    81 Commodities: commodity, gold price, oil price, crude oil, brent?, silver price, copper price,
        rohstoffe, goldpreis, ölpreis, matieres premieres, wheat price, precious metal
    82 Currencies: currency, forex, exchange rate, bitcoin, cryptocurrency, crypto, ethereum, blockchain,
        wechselkurs, dogecoin, kryptowährung, taux de change, devises, tipo de cambio, criptomoneda,
        criptomoeda, criptovalute, stablecoin, euro dollar, binance, coinbase
    83 Financial Crisis: financial crisis, banking crisis, lehman brothers, finanzkrise, crise financiere,
        stock market crash, bank run, credit crunch
    85 Financial Regulation: financial regulation, bafin, mifid, basel iii, anti money laundering, dodd frank,
        finanzaufsicht
    86 Gasoline Prices: gas price, gasoline price, petrol price, fuel price, benzinpreis, spritpreise,
        prix carburant, precio gasolina, prezzo benzina
    87 Housing Market: housing market, house price, home price, immobilienmarkt, prix immobilier,
        housing bubble, mercado inmobiliario, immobilienpreise
    88 Interest Rates: interest rate, federal reserve, central bank, ecb, leitzins, zinsen, taux d interet,
        tipos de interes, rate hike, rate cut, taxa de juros, bank of england, ezb
    89 Job Market: job market, labor market, labour market, jobs report, arbeitsmarkt, marche du travail,
        mercado laboral, unemployment, layoff, fachkräftemangel
  90 Industries: industry news, branche?, industrie?
    102 Agriculture: agriculture, farming, farmer, tractor, crop?, harvest?, dairy farm, agribusiness,
        landwirtschaft, bauernhof, agricultura, agricoltura, agriculteur, irrigation, livestock farming,
        mahdrescher, trecker, agronomy
    117 Automotive Industry: automotive industry, car industry, automaker, car manufacturer, autoindustrie,
        industrie automobile, carmaker
    118 Aviation Industry: aviation, airbus, boeing, aircraft, airplane, aerospace, jet engine, luftfahrt,
        flugzeug, aeronautique, avion, aviao, helicopter, pilot licence, aviacion
    119 Biotech and Biomedical Industry: biotech, biotechnology, biotechnologie, life sciences industry,
        biomanufacturing
    120 Civil Engineering Industry: civil engineering, structural engineering, bridge construction,
        bauingenieur, ingenieria civil, genie civil, tunnel construction, geotechnical
    121 Construction Industry: construction industry, construction company, construction site,
        building contractor, excavator, baustelle, bauunternehmen, batiment et travaux, empresa constructora,
        concrete?, scaffolding, crane operator, bagger
    122 Defense Industry: defense industry, defence industry, defense contractor, lockheed martin,
        rüstungsindustrie, fighter jet
    95 Financial Industry: financial services, banking industry, fintech, goldman sachs, jpmorgan,
        asset management, deutsche bank, neobank, bnp paribas
    96 Food Industry: food industry, food manufacturing, food processing, lebensmittelindustrie, nestle,
        agroalimentaire
    98 Hospitality Industry: hospitality industry, hotel management, gastgewerbe, hotellerie, hosteleria
    100 Legal Services Industry: law firm, legal services, anwaltskanzlei, cabinet d avocats, legal tech,
        bufete de abogados
    101 Logistics and Transportation Industry: transportation industry, shipping industry, rail freight,
        maersk, container ship, public transport, port authority
    103 Management Consulting Industry: management consulting, mckinsey, consulting firm,
        unternehmensberatung, boston consulting, deloitte, cabinet de conseil, consultoria
    104 Manufacturing Industry: manufacturing, factory, production line, industry 4 0, fabrik, fertigung,
        produktion?, usine, fabrica?, assembly line, injection molding, cnc
    105 Mechanical and Industrial Engineering Industry: mechanical engineering, industrial engineering,
        maschinenbau, ingenieria mecanica, genie mecanique, hydraulics, gearbox design
    106 Media Industry: media industry, journalism, journalist, newsroom, broadcaster, medienbranche,
        pressfreedom, journalismus, periodismo, jornalismo, giornalismo
    107 Metals Industry: metals industry, steel industry, steelmaking, aluminium smelter, mining company,
        stahlindustrie, foundry, mining industry, siderurgie
    108 Non-Profit Organizations: nonprofit, non profit, charity, ngo, fundraising, volunteering, volunteer,
        spenden, gemeinnützig, donation, ehrenamt, benevolat, voluntariado, crowdfunding, philanthropy
    110 Power and Energy Industry: energy industry, power plant, solar power, solar panel, wind farm,
        wind turbine, wind power, nuclear power, renewable energy, photovoltaik, solaranlage, windkraft,
        energiewende, panneau solaire, energia solar, energie renouvelable, energia renovable, power grid,
        natural gas, hydropower, photovoltaic, oil and gas
    111 Publishing Industry: publishing industry, book publishing, self publishing, publishing house, verlag,
        maison d edition, editorial house, book publisher
    112 Real Estate Industry: real estate industry, property developer, proptech, immobilienbranche, reit
    114 Retail Industry: retail industry, retailer, einzelhandel, commerce de detail, ecommerce, e commerce,
        shopify, omnichannel, point of sale, retail trade, amazon seller
    115 Technology Industry: tech industry, technology industry, silicon valley, semiconductor, chipmaker,
        nvidia, tsmc, big tech, halbleiter, intel?, tech stock, yahoo
    116 Telecommunications Industry: telecom, telecommunications, 5g network, mobile operator, vodafone,
        verizon, telefonica, deutsche telekom, telekom, mobilfunk, comcast, fiber network, glasfaser, at and t
123 Careers: career, karriere, carriere, carrera profesional, carreira, carriera, profession, beruf,
    workplace, berufsleben
  124 Apprenticeships: apprenticeship, apprentice, ausbildungsplatz, azubi, apprentissage, alternance,
      aprendizaje profesional, traineeship
  125 Career Advice: career advice, career tip, salary negotiation, career coach, karrieretipps,
      workplace advice, promotion at work, gehaltsverhandlung, conseil carriere
  126 Career Planning: career planning, career change, career path, quereinstieg, berufswahl,
      reconversion professionnelle, berufswechsel
  127 Job Search: job?, jobs, job search, job listing, vacancy, hiring, stellenangebote, jobsuche,
      stellenanzeige, offre d emploi, emploi, empleo, emprego, vagas de emprego, lavoro, offerte di lavoro,
      job interview, indeed jobs, bewerbung, job board, internship, praktikum, entretien d embauche,
      vorstellungsgespräch
    128 Job Fairs: job fair, career fair, jobmesse, salon de l emploi, feria de empleo, recruiting event
    129 Resume Writing and Advice: resume?, curriculum vitae, cover letter, cv template, lebenslauf,
        lettre de motivation, resume template, resume writing, anschreiben, carta de presentacion, cv?
  130 Remote Working: remote work, remote working, work from home, working from home, home office, homeoffice,
      coworking, teletravail, teletrabajo, teletrabalho, digital nomad, remote job, telecommuting,
      smart working
  131 Vocational Training: vocational training, berufsausbildung, formation professionnelle,
      formacion profesional, trade school, curso profissionalizante, weiterbildung, umschulung,
      formazione professionale
391 Personal Finance: personal finance, money management, geldanlage, finances personnelles,
    finanzas personales, financas pessoais, finanza personale, money?, geld?, moneysaving, household budget
  392 Consumer Banking: banking, bank?, bank account, checking account, savings account, online banking,
      debit card, girokonto, sparkonto, compte bancaire, cuenta bancaria, conta bancaria, conto corrente,
      tagesgeld, iban, livret a, banque, sparkasse
  393 Financial Assistance: financial assistance, financial aid, grant application
    395 Student Financial Aid: student financial aid, fafsa, scholarship, stipendium, bafög, bourse d etudes,
        beca, becas, bolsa de estudos, borsa di studio, student grant
  396 Financial Planning: financial planning, financial planner, financial advisor, financial adviser,
      finanzplanung, wealth management, estate planning, finanzberater, financial freedom,
      financial independence, conseiller financier
  397 Frugal Living: frugal, frugal living, money saving, saving money, budgeting, spartipps, sparen?,
      save money, thrift, ahorrar dinero, penny pinching, economizar
  417 Home Utilities: utility bill, nebenkosten, home utilities
    418 Gas and Electric: electricity bill, energy supplier, stromanbieter, stromvergleich, gasanbieter,
        fournisseur d energie, tarifa de luz, energy tariff, bolletta luce, strompreis, electricity price,
        edf energy
    419 Internet Service Providers: internet service provider, internet provider, broadband deal,
        dsl anbieter, fournisseur internet, box internet, fibra optica, internetanbieter
    420 Phone Services: phone plan, mobile plan, sim only, prepaid sim, handytarif, forfait mobile,
        tarifa movil, cell phone plan, roaming charge
    421 Water Services: water bill, water company, water supply, wasserversorgung
  398 Insurance: insurance, versicherung, assurance, seguro?, seguros, assicurazione, insurer,
      insurance claim, policyholder, underwriting, haftpflichtversicherung, mutuelle?, haftpflicht
    400 Home Insurance: home insurance, homeowners insurance, contents insurance, renters insurance,
        hausratversicherung, assurance habitation, seguro de hogar, wohngebäudeversicherung
    401 Life Insurance: life insurance, lebensversicherung, assurance vie, seguro de vida, term life,
        assicurazione vita, risikolebensversicherung
    402 Motor Insurance: motor insurance, motorbike insurance, motorcycle insurance, assurance moto,
        seguro de moto
    403 Pet Insurance: pet insurance, dog insurance, tierversicherung, hundeversicherung, assurance chien,
        seguro mascota
    404 Travel Insurance: travel insurance, reiseversicherung, assurance voyage, seguro de viaje,
        reiserücktrittsversicherung, seguro viagem
  405 Personal Debt: credit?, loan, kredit, pret?, prestamo, emprestimo, prestito, borrowing money
    406 Credit Cards: credit card, kreditkarte, carte de credit, carte bancaire, tarjeta de credito,
        cartao de credito, carta di credito, american express, mastercard, balance transfer,
        credit card reward
    407 Home Financing: mortgage, home loan, baufinanzierung, hypothek, pret immobilier, credit immobilier,
        hipoteca, financiamento imobiliario, mutuo casa, refinance, mutui, down payment, remortgage
    408 Personal Loans: personal loan, ratenkredit, credit a la consommation, prestamo personal,
        emprestimo pessoal, prestito personale, privatkredit
    409 Student Loans: student loan, studienkredit, pret etudiant, student debt, credito estudiantil
  410 Personal Investing: investing, investor, investment?, investieren, investissement, inversion?,
      investimento, investimenti, inversiones, brokerage, robo advisor, portfolio diversification,
      warren buffett, dividend, asset allocation, passive income, bourse?
    411 Hedge Funds: hedge fund, hedgefonds, bridgewater associates, short seller
    412 Mutual Funds: mutual fund, etf, index fund, vanguard fund, investmentfonds, fonds commun,
        fondos de inversion, fundo de investimento, sparplan, etf sparplan, fondi comuni
    413 Options: options trading, call option, put option, covered call, stock option, strike price,
        optionsschein
    414 Stocks and Bonds: stock market, share price, stock exchange, nasdaq, dow jones, s and p 500, dax,
        aktie, aktien, börse, bourse de paris, acciones bolsa, bolsa de valores, borsa italiana, bond yield,
        treasury bond, day trading, nyse, ftse, cac 40, ibex, blue chip, penny stock, ipo, stock pick,
        anleihe, shareholder, stocks, equities, daytrading
  415 Personal Taxes: tax, taxes, income tax, tax return, steuererklärung, steuer, steuern, impot, impots,
      impuesto, imposto de renda, tasse?, dichiarazione dei redditi, declaracion de la renta, tax refund, irs,
      tax deduction, turbotax, finanzamt, einkommensteuer, declaration d impot
  416 Retirement Planning: retirement planning, retirement, pension, 401k, roth ira, retire early,
      altersvorsorge, rente?, retraite, jubilacion, aposentadoria, pensione, rentenversicherung, pension fund
441 Real Estate: real estate, property?, immobilien, immobilier, inmobiliaria, imoveis, imobiliaria,
    immobiliare, realtor, estate agent, real estate agent, realty, zillow, immobilie, rightmove, makler,
    agence immobiliere
  442 Apartments: apartment, condo, condominium, studio flat, penthouse, wohnung, appartement, apartamento,
      departamento en venta, appartamento, eigentumswohnung, loft?, piso en venta
  446 Hotel Properties: hotel property, hotel for sale, hotelimmobilie
  447 Houses: house?, houses?, house for sale, bungalow, detached house, townhouse, einfamilienhaus,
      haus kaufen, maison a vendre, casa en venta, casa a venda, casa in vendita, villa?, duplex, mansion,
      tiny house, log cabin
  448 Industrial Property: industrial property, warehouse for rent, gewerbeimmobilie, local industrial,
      industrial park, lagerhalle
  449 Land and Farms: land for sale, farmland, acreage, farm for sale, grundstück, terrain a vendre,
      terreno en venta, ranch?, homestead, baugrundstück, parcel of land
  450 Office Property: office space, office building, bürofläche, bureau a louer, oficina en alquiler,
      commercial real estate, büroimmobilie, office for rent
  451 Real Estate Buying and Selling: home buying, home buyer, first time buyer, house hunting, open house,
      closing cost, sell your house, immobilienkauf, achat immobilier, comprar casa, comprar apartamento,
      comprare casa, home staging, homes for sale, property listing
  452 Real Estate Renting and Leasing: for rent, rental property, landlord, tenant, mietwohnung, miete?,
      mieten?, location appartement, alquiler, aluguel, affitto, lease agreement, rent control, mietvertrag,
      rental agreement, flatshare, roommate, colocation appartement, kaution
  443 Retail Property: retail property, retail space, shop for rent, ladenlokal, local comercial, strip mall
  444 Vacation Properties: vacation home, holiday home, holiday let, timeshare, ferienhaus, second home,
      maison de vacances, gite, casa de vacaciones, casa vacanze, vacation rental, beach house, casa de praia,
      ski chalet
383 Law: law?, lawyer, attorney, legal advice, solicitor, barrister, lawsuit, supreme court,
    constitutional law, rechtsanwalt, anwalt, avocat, abogado, advogado, avvocato, copyright law, patent law,
    contract law, legislation, jurisprudence, recht?, urteil, juridique, intellectual property, legal news,
    class action, gesetz, derecho civil, court ruling, tribunal, notary, terms of contract
`;
