// The order book's client in the browser.

export interface Customer {
  id: number;
  name: string;
  email: string;
  since: string;
}

export interface Product {
  id: number;
  name: string;
  price: number;
}

export interface Order {
  id: number;
  customerId: number;
  productId: number;
  quantity: number;
}

export class BakeryClient {
  constructor(private readonly base: string) {}

  async getCustomer(id: number): Promise<Customer> {
    const response = await this.send("GET", `/customers/${id}`);
    return (await response.json()) as Customer;
  }

  async getProduct(id: number): Promise<Product> {
    const response = await this.send("GET", `/products/${id}`);
    return (await response.json()) as Product;
  }

  async createProduct(product: Omit<Product, "id">): Promise<number> {
    const response = await this.send("POST", "/products", product);
    return (await response.json()).id as number;
  }

  private async send(method: string, path: string, body?: unknown): Promise<Response> {
    const response = await fetch(this.base + path, { method, body: JSON.stringify(body) });
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${response.status}`);
    }
    return response;
  }
}
